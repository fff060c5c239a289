/** Property values as the engine sends them: unknowns as their marker, secrets as signed objects. */
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** A property's value. */
export type Value = null | number | string | boolean | Value[] | { [name: string]: Value };

/** A resource's properties by name. */
export type Properties = Record<string, Value>;

/** How the engine writes a text it doesn't know yet, which also stands for a value of any other type. */
export const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** How the engine writes a value it doesn't know yet; one marker for each type the value will have. */
const unknownMarkers: ReadonlySet<unknown> = new Set([
  unknownText,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Whether a value is an object with named members. */
export function isObject(value: Value | undefined): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value that was checked to be a text. */
export function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A value that was checked to be a list of texts; empty where there is none. */
export function textsOf(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

/** Whether a value, or anything inside it, isn't known yet. */
export function hasUnknowns(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.some(hasUnknowns);
  if (isObject(value)) return Object.values(value).some(hasUnknowns);
  return unknownMarkers.has(value);
}

/** Reads properties from the wire. Members without a value are left out. */
export function fromStruct(struct: Struct | undefined): Properties {
  return struct === undefined ? {} : withoutNulls(struct.toJavaScript());
}

/** Writes properties to the wire. */
export function toStruct(properties: Properties): Struct {
  return Struct.fromJavaScript(properties);
}

function withoutNulls(properties: Properties): Properties {
  const entries = Object.entries(properties).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, isObject(value) ? withoutNulls(value) : value]),
  );
}
