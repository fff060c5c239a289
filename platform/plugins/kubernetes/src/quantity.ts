import type { Properties } from "./values";
import { isRecord, mapFields } from "./values";

const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/** Decimal suffixes with their power of ten, largest first. */
const decimalSuffixes: readonly (readonly [string, number])[] = [
  ["E", 18],
  ["P", 15],
  ["T", 12],
  ["G", 9],
  ["M", 6],
  ["k", 3],
  ["", 0],
  ["m", -3],
  ["u", -6],
  ["n", -9],
];
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/;

/**
 * Writes a quantity as the API server stores it (`1000m` as `1`, `1024Mi` as `1Gi`), so that another spelling of the
 * same amount is no change. What is not a quantity is left alone.
 */
export function canonicalQuantity(value: unknown): unknown {
  const match = typeof value === "string" || typeof value === "number" ? pattern.exec(String(value)) : null;
  if (match === null) {
    return value;
  }
  const [, sign = "", whole = "", fraction = "", suffix = ""] = match;
  if (whole === "" && fraction === "") {
    return value;
  }
  const nanos = toNanos(whole, fraction, suffix);
  const amount =
    isBinary(suffix) && nanos >= 1024n * 10n ** 9n
      ? binary(nanos)
      : decimal(nanos, /^[eE][+-]?\d/.test(suffix));
  return sign === "-" && nanos !== 0n ? `-${amount}` : amount;
}

/** Rewrites the quantities of an object of a built-in kind; the object is changed in place. */
export function canonicalizeQuantities(object: Properties): void {
  const kind = typeof object["kind"] === "string" ? object["kind"] : "";
  visit(object, [], (parent, key, path) => {
    const value = parent[key];
    if (isQuantityMap(kind, path) && isRecord(value)) {
      parent[key] = mapFields(value, canonicalQuantity);
    } else if (isQuantity(kind, path)) {
      parent[key] = canonicalQuantity(value);
    }
  });
}

function isQuantity(kind: string, path: readonly string[]): boolean {
  const [parent, key] = path.slice(-2);
  if (key === "sizeLimit" || key === "divisor") {
    return true;
  }
  if (kind !== "HorizontalPodAutoscaler") {
    return false;
  }
  // A scaling policy has a `value` as well: a plain number.
  return key === "tolerance" || (parent === "target" && (key === "averageValue" || key === "value"));
}

function isQuantityMap(kind: string, path: readonly string[]): boolean {
  const [parent, key] = path.slice(-2);
  switch (key) {
    case "requests":
    case "limits":
      return parent === "resources";
    case "overhead":
    case "podFixed":
      return true;
    case "hard":
      return kind === "ResourceQuota";
    case "capacity":
      return kind === "PersistentVolume";
    case "default":
    case "defaultRequest":
    case "max":
    case "min":
    case "maxLimitRequestRatio":
      return kind === "LimitRange";
    default:
      return false;
  }
}

function visit(
  value: unknown,
  path: readonly string[],
  act: (parent: Properties, key: string, path: readonly string[]) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) {
      visit(item, path, act);
    }
  } else if (isRecord(value)) {
    for (const key of Object.keys(value)) {
      const here = [...path, key];
      act(value, key, here);
      visit(value[key], here, act);
    }
  }
}

function isBinary(suffix: string): boolean {
  return suffix.endsWith("i");
}

/** The amount in billionths, rounded up as Kubernetes does. */
function toNanos(whole: string, fraction: string, suffix: string): bigint {
  let exponent = 9 - fraction.length;
  let factor = 1n;
  if (isBinary(suffix)) {
    factor = 1024n ** BigInt(binarySuffixes.indexOf(suffix));
  } else if (/^[eE][+-]?\d/.test(suffix)) {
    exponent += Number(suffix.slice(1));
  } else {
    exponent += decimalSuffixes.find(([name]) => name === suffix)?.[1] ?? 0;
  }
  const digits = BigInt(whole + fraction) * factor;
  if (exponent >= 0) {
    return digits * 10n ** BigInt(exponent);
  }
  const divisor = 10n ** BigInt(-exponent);
  return (digits + divisor - 1n) / divisor;
}

function binary(nanos: bigint): string {
  let amount = (nanos + 10n ** 9n - 1n) / 10n ** 9n;
  let power = 0;
  while (power < binarySuffixes.length - 1 && amount % 1024n === 0n) {
    amount /= 1024n;
    power++;
  }
  return `${amount}${binarySuffixes[power] ?? ""}`;
}

function decimal(nanos: bigint, asExponent: boolean): string {
  if (nanos === 0n) {
    return "0";
  }
  for (const [suffix, exponent] of decimalSuffixes) {
    const unit = 10n ** BigInt(exponent + 9);
    if (nanos % unit === 0n) {
      return `${nanos / unit}${asExponent ? (exponent === 0 ? "" : `e${exponent}`) : suffix}`;
    }
  }
  return `${nanos}n`;
}
