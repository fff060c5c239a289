import { parsePath } from "../platform/plugins/kubernetes/src/field-path";
import { handWritten } from "./hand-written";
import { shortType } from "./resource-list";
import { siteOf } from "./sites";
import { count, shown } from "./text";
import { type FieldChange, fieldChanges, type FieldPath, isRecord, member, showPath } from "./values";

/** A resource as the engine tells of it. */
interface State {
  /** Missing for a component, which is nothing by itself. */
  readonly custom?: boolean;
  readonly inputs?: unknown;
  readonly outputs?: unknown;
}

/** As much of an engine's event as a refresh is judged by. */
export interface EngineEvent {
  readonly resOutputsEvent?: {
    readonly metadata: {
      /** What the refresh found: `same`, `update` or `delete`. */
      readonly op: string;
      readonly urn: string;
      readonly type: string;
      readonly old?: State | null;
      readonly new?: State | null;
      /** Fields that differ, by path. */
      readonly detailedDiff?: Readonly<Record<string, unknown>> | null;
    };
  };
}

/** A resource that is not as it was declared. */
export interface Drift {
  readonly type: string;
  readonly name: string;
  /** True where it is no longer there. */
  readonly gone: boolean;
  /** Declared fields with another value: as expected, and as found. */
  readonly fields: readonly FieldChange[];
  /** Fields that somebody added by hand. */
  readonly added: readonly { readonly path: FieldPath; readonly value: unknown; readonly manager: string }[];
}

type Metadata = NonNullable<EngineEvent["resOutputsEvent"]>["metadata"];

/** What a refresh found. */
export interface Found {
  /** How many resources were looked at. */
  readonly resources: number;
  readonly drifts: readonly Drift[];
}

/**
 * Judges a refresh. Only what the program declares can drift, and what somebody wrote by hand: whatever autoscalers,
 * stewards and controllers own, and every status, is theirs to change.
 */
export function driftIn(events: readonly EngineEvent[]): Found {
  const seen = events
    .flatMap(({ resOutputsEvent }) => (resOutputsEvent === undefined ? [] : [resOutputsEvent.metadata]))
    .filter(({ type, old }) => old?.custom === true && !type.startsWith("pulumi:"));
  const drifts = seen
    .map(driftOf)
    .filter(({ gone, fields, added }) => gone || fields.length + added.length > 0);
  return { resources: seen.length, drifts: drifts.sort((one, other) => (one.name < other.name ? -1 : 1)) };
}

function driftOf(metadata: Metadata): Drift {
  const { op, urn, type, old, new: now } = metadata;
  const name = urn.split("::").slice(3).join("::");
  if (op === "delete" || now === undefined || now === null) {
    return { type, name, gone: true, fields: [], added: [] };
  }
  const fields = op === "same" ? [] : changedFields(metadata);
  return { type, name, gone: false, fields, added: handWritten(now.outputs, old?.inputs) };
}

/** Declared fields that differ: those the provider names, since it knows which ways to write a value are the same. */
function changedFields({ old, new: now, detailedDiff }: Metadata): FieldChange[] {
  const paths = Object.keys(detailedDiff ?? {});
  if (paths.length === 0) return fieldChanges(old?.inputs, now?.inputs);
  return paths
    .sort()
    .map(parsePath)
    .flatMap((path) => fieldChanges(valueAt(old?.inputs, path), valueAt(now?.inputs, path), path));
}

const valueAt = (from: unknown, path: FieldPath): unknown =>
  path.reduce<unknown>(
    (value, step) =>
      typeof step === "number" ? (Array.isArray(value) ? value[step] : undefined) : member(value, step),
    from,
  );

/** Drift for people: what is not as declared, and how to put it right. */
export function driftText(stack: string, { resources, drifts }: Found, sites: readonly string[]): string {
  if (drifts.length === 0) {
    return `no drift in ${stack}: ${count(resources, "resource")} as declared; what autoscalers and stewards own is theirs`;
  }
  const anyAdded = drifts.some(({ added }) => added.length > 0);
  const anyDeclared = drifts.some(({ gone, fields }) => gone || fields.length > 0);
  return [
    `drift in ${stack}: ${drifts.length} of ${count(resources, "resource")}`,
    ...drifts.flatMap((drift) => lines(drift, sites)),
    "",
    "to repair:",
    ...(anyDeclared ? [declaredRepair(stack)] : []),
    ...(anyAdded ? [addedRepair] : []),
  ].join("\n");
}

/** Whoever wrote a field owns it; only a forced write takes it back. */
const declaredRepair = (stack: string): string =>
  `  PULUMI_K8S_ENABLE_PATCH_FORCE=true pulumi up --refresh --stack ${stack}, with your policy pack`;

const addedRepair =
  "  fields added by hand stay until they are taken away by hand (kubectl edit), or declared";

function lines({ type, name, gone, fields, added }: Drift, sites: readonly string[]): string[] {
  const site = siteOf(name, sites);
  const heading = `  ${name} (${shortType(type)}${site === undefined ? "" : `, ${site}`})`;
  if (gone) return [`${heading}: it is gone`];
  return [
    heading,
    ...fields.map(({ path, before, after }) => {
      const key = String(path.at(-1));
      return `    ${showPath(path)}: expected ${shown(before, key)}, found ${shown(after, key)}`;
    }),
    ...added.map(({ path, value, manager }) => {
      const what = isRecord(value) ? "something" : shown(value, String(path.at(-1)));
      return `    ${showPath(path)}: expected nothing, found ${what}, added by ${manager}`;
    }),
  ];
}
