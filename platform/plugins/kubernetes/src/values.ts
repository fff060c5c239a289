/** Pulumi property values as plain JavaScript, and their form on the wire. */

/** A plain object whose fields may hold secrets and unknowns. */
export type Properties = Record<string, unknown>;

/** A value that must be stored encrypted and shown as `[secret]`. */
export class Secret {
  constructor(readonly element: unknown) {}
}

/** A value that is known only after the deployment has run. */
export class Unknown {
  readonly unknown = true;
}

/** The one unknown value. */
export const UNKNOWN = new Unknown();

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Every marker the engine may send for an unknown value, by the kind of value it stands for. */
const unknownMarkers = new Set([
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  unknownString,
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Whether the value is an object with fields: neither array, secret nor unknown. */
export function isRecord(value: unknown): value is Properties {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Secret) &&
    !(value instanceof Unknown)
  );
}

/** Turns the wire's markers into {@link Secret} and {@link UNKNOWN}. */
export function decode(value: unknown): unknown {
  if (typeof value === "string") {
    return unknownMarkers.has(value) ? UNKNOWN : value;
  }
  if (Array.isArray(value)) {
    return value.map(decode);
  }
  if (!isRecord(value)) {
    return value;
  }
  if (value[signatureKey] === secretSignature) {
    return new Secret(decode(value["value"]));
  }
  return mapFields(value, decode);
}

/** The opposite of {@link decode}. */
export function encode(value: unknown): unknown {
  if (value instanceof Secret) {
    return { [signatureKey]: secretSignature, value: encode(value.element) };
  }
  if (value instanceof Unknown) {
    return unknownString;
  }
  if (Array.isArray(value)) {
    return value.map(encode);
  }
  return isRecord(value) ? mapFields(value, encode) : value;
}

/** A deep copy in which every secret is replaced by what it holds. */
export function stripSecrets(value: unknown): unknown {
  if (value instanceof Secret) {
    return stripSecrets(value.element);
  }
  if (Array.isArray(value)) {
    return value.map(stripSecrets);
  }
  return isRecord(value) ? mapFields(value, stripSecrets) : value;
}

/** Whether the value is, or holds, an unknown. */
export function containsUnknown(value: unknown): boolean {
  return holds(value, (part) => part instanceof Unknown);
}

/** Whether the value is, or holds, a secret. */
export function containsSecret(value: unknown): boolean {
  return holds(value, (part) => part instanceof Secret);
}

/** Deep equality of plain values. */
export function equal(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => equal(item, right[index]));
  }
  if (isRecord(left) && isRecord(right)) {
    const keys = Object.keys(left);
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => Object.hasOwn(right, key) && equal(left[key], right[key]))
    );
  }
  return left === right;
}

/** A copy of the object with every field's value replaced. */
export function mapFields(object: Properties, change: (value: unknown) => unknown): Properties {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

/** The value at a path of field names, or undefined. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((part, key) => (isRecord(part) ? part[key] : undefined), value);
}

/** The string at a path of field names, or an empty one. */
export function stringAt(value: unknown, ...path: readonly string[]): string {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : "";
}

/** Sets the value at a path, making the objects on the way; does nothing where the path is blocked by another value. */
export function setAt(object: Properties, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) {
    return;
  }
  if (rest.length === 0) {
    object[key] = value;
    return;
  }
  object[key] ??= {};
  const next = object[key];
  if (isRecord(next)) {
    setAt(next, rest, value);
  }
}

/** Removes the value at a path, if it is there. */
export function removeAt(object: Properties, ...path: readonly string[]): void {
  const last = path.at(-1);
  const parent = valueAt(object, ...path.slice(0, -1));
  if (last !== undefined && isRecord(parent)) {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a JSON object's field
    delete parent[last];
  }
}

function holds(value: unknown, wanted: (part: unknown) => boolean): boolean {
  if (wanted(value)) {
    return true;
  }
  if (value instanceof Secret) {
    return holds(value.element, wanted);
  }
  if (Array.isArray(value)) {
    return value.some((item) => holds(item, wanted));
  }
  return isRecord(value) && Object.values(value).some((item) => holds(item, wanted));
}
