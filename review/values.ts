/** A field's place in a resource's inputs. */
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

/** Every field that differs, lists by position as the engine compares them. */
export function fieldChanges(before: unknown, after: unknown, path: FieldPath = []): FieldChange[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => fieldChanges(before[key], after[key], [...path, key]));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    return Array.from({ length: Math.max(before.length, after.length) }, (_, index) =>
      fieldChanges(before[index], after[index], [...path, index]),
    ).flat();
  }
  return equal(before, after) ? [] : [{ path, before, after }];
}

/** A value as text, with the keys of every map in order. */
export function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${stable(each)}`).join(",")}}`;
}

const equal = (one: unknown, other: unknown): boolean => stable(one) === stable(other);

/** A path as people write it: `spec.containers[0].image`, `metadata.labels["twinstack.dev/region"]`. */
export function showPath(path: FieldPath): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}
