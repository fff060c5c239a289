import type { Registered, Run } from "./program";
import { followsReplacement, replaces, type Settings } from "./replace-rules";
import { lostWith } from "./stateful";
import { type FieldChange, fieldChanges } from "./values";

/** What an update does to a resource. */
export const operations = ["create", "update", "replace", "delete"] as const;
export type Operation = (typeof operations)[number];

/** A field that differs, and whether that makes a new resource. */
export interface ResourceField extends FieldChange {
  readonly replaces: boolean;
}

/** A resource that is not left as it is. */
export interface Change {
  readonly operation: Operation;
  /** As it is to be; as it was where it is deleted. */
  readonly resource: Registered;
  /** What differs; nothing where it is created or deleted, or only follows another resource. */
  readonly fields: readonly ResourceField[];
  /** Resources made anew that this one is made from. */
  readonly follows: readonly string[];
  /** What is lost with it; undefined unless it is replaced or deleted, and stateful. */
  readonly loses: string | undefined;
}

/** What tells a resource from all others, as in its URN: the types of its parents, its type, its name. */
function identities(run: Run): Map<string, Registered> {
  const byName = new Map(run.resources.map((resource) => [resource.name, resource]));
  const types = ({ type, parent }: Registered): string => {
    const over = parent === undefined ? undefined : byName.get(parent);
    return over === undefined ? type : `${types(over)}$${type}`;
  };
  return new Map(run.resources.map((resource) => [`${types(resource)}::${resource.name}`, resource]));
}

/** Every resource that an update from one run's program to another's would touch, by name. */
export function changesBetween(before: Run, after: Run): Change[] {
  const [olds, news] = [identities(before), identities(after)];
  const inputsOf = new Map(after.resources.map(({ name, inputs }) => [name, inputs]));
  const gone = [...olds].filter(([id]) => !news.has(id)).map(([, resource]) => changeOf("delete", resource));
  const come = [...news].filter(([id]) => !olds.has(id)).map(([, resource]) => changeOf("create", resource));
  const kept = [...news].flatMap(([id, resource]) => {
    const old = olds.get(id);
    return old === undefined ? [] : [compared(old, resource, inputsOf.get(resource.provider ?? ""))];
  });
  const all = [...gone, ...come, ...followed(kept)];
  return all.sort((one, other) => (one.resource.name < other.resource.name ? -1 : 1));
}

function changeOf(operation: Operation, resource: Registered): Change {
  const loses = operation === "delete" ? lostWith(resource, operation) : undefined;
  return { operation, resource, fields: [], follows: [], loses };
}

/** A resource that was there and stays, with what differs. */
interface Kept {
  readonly resource: Registered;
  readonly moved: boolean;
  readonly fields: readonly ResourceField[];
}

function compared(old: Registered, resource: Registered, settings: Settings = {}): Kept {
  const fields = fieldChanges(old.inputs, resource.inputs).map((field) => ({
    ...field,
    replaces: replaces(resource, field.path, field.after, settings),
  }));
  return { resource, moved: old.provider !== resource.provider, fields };
}

/** Adds what is replaced or updated because something it is made from is made anew. */
function followed(kept: readonly Kept[]): Change[] {
  const anew = new Map(
    kept
      .filter(({ moved, fields }) => moved || fields.some((field) => field.replaces))
      .map(({ resource }) => [resource.name, resource.type]),
  );
  const follows = ({ resource }: Kept): string[] =>
    resource.provider !== undefined && anew.has(resource.provider)
      ? [resource.provider]
      : Object.entries(resource.madeFrom)
          .filter(([input]) => followsReplacement(resource.type, input))
          .flatMap(([, from]) => from.filter((name) => isNewValue(anew.get(name))));
  for (let found = -1; found !== anew.size;) {
    found = anew.size;
    for (const each of kept) if (follows(each).length > 0) anew.set(each.resource.name, each.resource.type);
  }
  return kept.flatMap((each) => settled(each, anew, follows(each)));
}

/** Objects of Kubernetes keep their names; what other providers make anew has other ids, keys and addresses. */
const isNewValue = (type: string | undefined): boolean =>
  type !== undefined && !type.startsWith("kubernetes:") && !type.startsWith("pulumi:providers:");

function settled(
  { resource, fields }: Kept,
  anew: ReadonlyMap<string, string>,
  causes: readonly string[],
): Change[] {
  const from = Object.values(resource.madeFrom).flat();
  const fed = from.filter((name) => isNewValue(anew.get(name)));
  const follows = [...new Set(causes.length > 0 ? causes : fed)].sort();
  if (anew.has(resource.name)) {
    return [{ operation: "replace", resource, fields, follows, loses: lostWith(resource, "replace") }];
  }
  return fields.length === 0 && follows.length === 0
    ? []
    : [{ operation: "update", resource, fields, follows, loses: undefined }];
}

/** Resources that the engine would no longer refuse to delete. */
export function unprotected(before: Run, after: Run): string[] {
  const olds = identities(before);
  return [...identities(after)]
    .filter(([id, { protect }]) => !protect && olds.get(id)?.protect === true)
    .map(([, { name }]) => name)
    .sort();
}

/** How many resources each operation touches. */
export const counts = (changes: readonly Change[]): Record<Operation, number> =>
  Object.fromEntries(
    operations.map((operation) => [
      operation,
      changes.filter((change) => change.operation === operation).length,
    ]),
  ) as Record<Operation, number>;
