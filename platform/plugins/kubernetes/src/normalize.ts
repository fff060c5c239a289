import { isBuiltIn } from "./kinds";
import { gvkOf, isCrd, isSecret } from "./objects";
import { canonicalizeQuantities } from "./quantity";
import type { Properties } from "./values";
import { containsUnknown, isRecord, removeAt, valueAt } from "./values";
import { dropZeroValues } from "./zero-values";

/** Metadata that only the API server writes. */
const serverMetadata = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "uid",
];

/** A copy of the inputs, written as the API server would store them. */
export function normalizeInputs(inputs: Properties): Properties {
  const result = structuredCloneOf(inputs);
  if (!containsUnknown(result) && isBuiltIn(gvkOf(result))) {
    normalizeBuiltIn(result);
  }
  for (const field of serverMetadata) {
    removeAt(result, "metadata", field);
  }
  return result;
}

function normalizeBuiltIn(object: Properties): void {
  if (isCrd(object)) {
    if (valueAt(object, "spec", "preserveUnknownFields") === false) {
      removeAt(object, "spec", "preserveUnknownFields");
    }
    delete object["status"];
  } else if (isSecret(object)) {
    normalizeSecret(object);
  } else {
    dropZeroValues(object);
    canonicalizeQuantities(object);
  }
}

/** The API server keeps `stringData` as base64 in `data`. */
function normalizeSecret(object: Properties): void {
  const plain = object["stringData"];
  const data = isRecord(object["data"]) ? object["data"] : {};
  if (isRecord(plain) && Object.keys(plain).length > 0) {
    for (const [key, value] of Object.entries(plain)) {
      data[key] = Buffer.from(String(value), "utf8").toString("base64");
    }
    object["data"] = data;
    delete object["stringData"];
    return;
  }
  for (const [key, value] of Object.entries(data)) {
    if (typeof value === "string" && isBase64(value)) {
      data[key] = Buffer.from(value, "base64").toString("base64");
    }
  }
}

/** Line breaks in base64 are allowed and dropped by the API server. */
function isBase64(value: string): boolean {
  return /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/.test(value);
}

/** A deep copy that keeps the identity of unknowns, which structuredClone would lose. */
function structuredCloneOf(value: Properties): Properties {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cloneValue(item)]));
}

function cloneValue(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(cloneValue);
  }
  return isRecord(value) ? structuredCloneOf(value) : value;
}
