/** Secrets among property values. */
import { isObject, type Properties, type Value } from "./properties";

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Marks a value as secret for the engine. */
export function secret(value: Value): Value {
  return { [signatureKey]: secretSignature, value };
}

/** What a secret holds; undefined for a value that isn't secret. */
function elementOf(value: Value): Value | undefined {
  return isObject(value) && value[signatureKey] === secretSignature ? (value["value"] ?? null) : undefined;
}

/** Whether a value is secret or has a secret inside. */
function hasSecret(value: Value): boolean {
  if (Array.isArray(value)) return value.some(hasSecret);
  return elementOf(value) !== undefined || (isObject(value) && Object.values(value).some(hasSecret));
}

/** The same properties with every secret in clear. */
export function inClear(properties: Properties): Properties {
  return mapValues(properties, revealed);
}

function revealed(value: Value): Value {
  const element = elementOf(value);
  if (element !== undefined) return revealed(element);
  if (Array.isArray(value)) return value.map(revealed);
  return isObject(value) ? mapValues(value, revealed) : value;
}

/** Marks as secret what was secret in the properties a result was made from, in the way the engine itself does it. */
export function keepSecrets(result: Properties, origin: Properties): Properties {
  const marked = Object.entries(result).map(([name, value]): [string, Value] => {
    const before = origin[name];
    if (before === undefined || !hasSecret(before)) return [name, value];
    const isInside = isObject(value) && isObject(before) && elementOf(before) === undefined;
    return [name, isInside ? keepSecrets(value, before) : secret(value)];
  });
  return Object.fromEntries(marked);
}

/** Every text that must not be shown. */
export function secretTexts(value: Value, isInSecret = false): string[] {
  const element = elementOf(value);
  if (element !== undefined) return secretTexts(element, true);
  if (Array.isArray(value)) return value.flatMap((item) => secretTexts(item, isInSecret));
  if (isObject(value)) return Object.values(value).flatMap((item) => secretTexts(item, isInSecret));
  return isInSecret && typeof value === "string" ? [value] : [];
}

/** A line of text in which nothing secret is left. A secret of several lines is looked for line by line. */
export function masked(text: string, secrets: readonly string[]): string {
  const lines = secrets.flatMap((value) => value.split("\n")).filter((line) => line.trim() !== "");
  if (lines.length === 0) return text;
  const longestFirst = lines.toSorted((a, b) => b.length - a.length);
  const escaped = longestFirst.map((line) => line.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return text.replace(new RegExp(escaped.join("|"), "g"), "[secret]");
}

function mapValues(properties: Properties, change: (value: Value) => Value): Properties {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, change(value)]));
}
