import type { Properties } from "./values";
import { equal, isRecord } from "./values";

/**
 * The part of an object that has the shape of another one. The cluster fills in many fields; comparing only what the
 * inputs mention keeps fields that others own out of every diff.
 */
export function prune(source: Properties, shape: Properties): Properties {
  const result: Properties = {};
  for (const [key, value] of Object.entries(source)) {
    if (Object.hasOwn(shape, key)) {
      result[key] = pruneValue(value, shape[key]);
    }
  }
  return result;
}

function pruneValue(value: unknown, shape: unknown): unknown {
  if (isRecord(value) && isRecord(shape)) {
    return prune(value, shape);
  }
  if (Array.isArray(value) && Array.isArray(shape)) {
    return pruneArray(value, shape);
  }
  return value;
}

/** Items are matched by position; the kind of the first item decides whether they can be compared at all. */
function pruneArray(values: readonly unknown[], shapes: readonly unknown[]): unknown[] {
  if (values.length === 0 || shapes.length === 0) {
    return [];
  }
  if (isRecord(values[0]) !== isRecord(shapes[0])) {
    return [...values];
  }
  return values.slice(0, shapes.length).map((value, index) => pruneValue(value, shapes[index]));
}

/**
 * The API server drops some fields that are set to their zero value, such as `emptyDir: {}` in some places. Where the
 * old inputs set one as the new ones do, and the live object lacks it, it counts as set; `olds` is changed in place.
 */
export function restoreDropped(olds: Properties, oldInputs: Properties, news: Properties): void {
  for (const [key, input] of Object.entries(oldInputs)) {
    if (Object.hasOwn(olds, key)) {
      restoreInside(olds[key], input, news[key]);
    } else if (isZero(input) && equal(input, news[key])) {
      olds[key] = input;
    }
  }
}

/** Whether a value says no more than its absence would. */
export function isZero(value: unknown): boolean {
  return (
    value === false ||
    value === 0 ||
    value === "" ||
    (Array.isArray(value) && value.length === 0) ||
    (isRecord(value) && Object.values(value).every(isZero))
  );
}

function restoreInside(old: unknown, input: unknown, wanted: unknown): void {
  if (isRecord(old) && isRecord(input) && isRecord(wanted)) {
    restoreDropped(old, input, wanted);
  } else if (Array.isArray(old) && Array.isArray(input) && Array.isArray(wanted)) {
    old.forEach((item, index) => {
      restoreInside(item, input[index], wanted[index]);
    });
  }
}
