/** A field's place in a resource's inputs: names and positions; `[name]` where a list is one of named things. */
export type FieldPath = readonly (string | number)[];

/** A field that is not as it was. */
export interface FieldChange {
  readonly path: FieldPath;
  /** Undefined where it was not there. */
  readonly before: unknown;
  /** Undefined where it is no longer there. */
  readonly after: unknown;
}

export type Properties = Readonly<Record<string, unknown>>;

/** The key by which Pulumi marks a value as secret. */
const secretSignature = "4dabf18193072939515e22adb298388d";

/** Whether Pulumi keeps the value encrypted. */
export const isSecret = (value: unknown): boolean =>
  typeof value === "object" && value !== null && secretSignature in value;

/** True for a map of fields. */
export const isRecord = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isSecret(value);

/** A member of what may be a map. */
export const member = (value: unknown, key: string): unknown => (isRecord(value) ? value[key] : undefined);

/** Every field that differs. Lists of named things are compared by name, all others by position. */
export function fieldChanges(before: unknown, after: unknown, path: FieldPath = []): FieldChange[] {
  if (Array.isArray(before) && Array.isArray(after)) {
    const [olds, news] = [byName(before), byName(after)];
    if (olds !== undefined && news !== undefined) {
      return [...membersChanged(olds, news, path), ...orderChanged(olds, news, path)];
    }
    return Array.from({ length: Math.max(before.length, after.length) }, (_, index) =>
      fieldChanges(before[index], after[index], [...path, index]),
    ).flat();
  }
  if (isRecord(before) && isRecord(after)) return membersChanged(before, after, path);
  return equal(before, after) ? [] : [{ path, before, after }];
}

function membersChanged(before: Properties, after: Properties, path: FieldPath): FieldChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key) => fieldChanges(before[key], after[key], [...path, key]));
}

/** The members of a list by their names; undefined where some have none, or two have one. */
function byName(list: readonly unknown[]): Properties | undefined {
  const names = list.map((each) => member(each, "name"));
  const named = names.every((name) => typeof name === "string") && new Set(names).size === names.length;
  return named ? Object.fromEntries(list.map((each, at) => [`[${String(names[at])}]`, each])) : undefined;
}

/** The order of the same names, where it is another one. */
function orderChanged(olds: Properties, news: Properties, path: FieldPath): FieldChange[] {
  const [before, after] = [
    Object.keys(olds).filter((name) => name in news),
    Object.keys(news).filter((name) => name in olds),
  ];
  return equal(before, after) ? [] : [{ path, before, after }];
}

/** A value as text, with the keys of every map in order. */
export function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join(",")}]`;
  if (value === undefined) return "undefined";
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${stable(each)}`).join(",")}}`;
}

const equal = (one: unknown, other: unknown): boolean => stable(one) === stable(other);

/** Whether a step is one of a list of named things. */
export const isNamed = (step: string | number | undefined): boolean =>
  typeof step === "string" && step.startsWith("[");

/** A path as people write it: `spec.containers[web].image`, `metadata.labels["twinstack.dev/region"]`. */
export function showPath(path: FieldPath): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (isNamed(step)) return step;
      if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}
