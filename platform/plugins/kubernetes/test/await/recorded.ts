import objects from "../../../../../test/fixtures/kubernetes/await/objects.json";
import { setAt } from "../../src/values";
import type { Decision, Snapshot } from "../../src/await/decision";
import type { KubernetesObject } from "../../src/await";
import { awaitedKind } from "../../src/await/kinds";

/** A copy of an object as a real cluster showed it. */
export function recorded(kind: string, name: string): KubernetesObject {
  const found = all().find((object) => object.kind === kind && object.metadata.name.startsWith(name));
  if (found === undefined) throw new Error(`no ${kind} ${name} was recorded`);
  return found;
}

/** Copies of all recorded objects of a kind. */
export function allRecorded(kind: string): KubernetesObject[] {
  return all().filter((object) => object.kind === kind);
}

/** A copy with other values at some paths, such as `{"status.phase": "Bound"}`; undefined takes a field away. */
export function changed(
  object: KubernetesObject,
  changes: Readonly<Record<string, unknown>>,
): KubernetesObject {
  const copy = structuredClone(object);
  for (const [path, value] of Object.entries(changes)) setAt(copy, path.split("."), value);
  return copy;
}

/** A copy whose condition of that type has other fields. */
export function withCondition(object: KubernetesObject, type: string, fields: object): KubernetesObject {
  const copy = structuredClone(object);
  const status = copy["status"] as { conditions?: { type: string }[] };
  const others = (status.conditions ?? []).filter((condition) => condition.type !== type);
  status.conditions = [...others, { type, ...fields }];
  return copy;
}

/** What waiting decides about an object beside other ones. */
export function decide(
  object: KubernetesObject,
  related: Readonly<Record<string, readonly KubernetesObject[]>> = {},
  snapshot: Partial<Snapshot> = {},
): Decision {
  const kind = awaitedKind(object);
  if (kind === undefined) throw new Error(`${object.kind} is ready at once`);
  const expected = (kind.related?.(object) ?? []).map((entry) => entry.name);
  const unknown = Object.keys(related).filter((name) => !expected.includes(name));
  if (unknown.length > 0) throw new Error(`${object.kind} does not follow ${unknown.join()}`);
  return kind.decide({
    object,
    operation: "create",
    quietMs: 0,
    related: (name) => related[name] ?? [],
    ...snapshot,
  });
}

function all(): KubernetesObject[] {
  return structuredClone<KubernetesObject[]>(objects);
}
