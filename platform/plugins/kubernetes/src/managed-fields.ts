import type { KubernetesObject } from "./await";
import type { Properties } from "./values";
import { isRecord, stringAt, valueAt } from "./values";

/** Managers whose plain writes belong to this provider, or to a hand that gave the object over to it. */
const takenOver: readonly (readonly [manager: string, operation: "Apply" | "Update"])[] = [
  ["kubectl", "Apply"],
  ["kubectl", "Update"],
  ["before-first-apply", "Update"],
  ["pulumi-kubernetes", "Update"],
  ["pulumi-kubernetes.exe", "Update"],
  ["pulumi-resource-kubernetes", "Update"],
];
const ownClientSideManagers = ["pulumi-kubernetes", "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"];

/** Who owns which fields of an object. */
export function managedFieldsOf(object: KubernetesObject): Properties[] {
  const entries = valueAt(object, "metadata", "managedFields");
  return Array.isArray(entries) ? entries.filter(isRecord) : [];
}

/** Whether the provider wrote the object without server-side apply, as it does when it creates one. */
export function hasClientSideOwner(object: KubernetesObject): boolean {
  return managedFieldsOf(object).some(
    (entry) => entry["operation"] === "Update" && ownClientSideManagers.includes(stringAt(entry, "manager")),
  );
}

/**
 * The JSON patch that makes one field manager the owner of what the provider created: otherwise the fields would have
 * two owners, and one that is left out later would stay. Undefined when there is nothing to take over.
 */
export function takeOverPatch(object: KubernetesObject, fieldManager: string): Properties[] | undefined {
  const entries = managedFieldsOf(object);
  const taken = entries.filter(isTakenOver);
  if (taken.length === 0) {
    return undefined;
  }
  const own = entries.filter((entry) => isApplyOf(entry, fieldManager));
  const [first, ...others] = [...own, ...taken];
  const merged = {
    ...first,
    manager: fieldManager,
    operation: "Apply",
    fieldsV1: others.reduce<unknown>(
      (fields, entry) => unite(fields, entry["fieldsV1"]),
      first?.["fieldsV1"],
    ),
  };
  const kept = entries.filter((entry) => !own.includes(entry) && !taken.includes(entry));
  return [
    { op: "replace", path: "/metadata/managedFields", value: [...kept, merged] },
    { op: "replace", path: "/metadata/resourceVersion", value: object.metadata.resourceVersion },
  ];
}

/** Whether only managers other than the given one own the field at a path of names. */
export function isOwnedByOthers(
  object: KubernetesObject,
  path: readonly string[],
  fieldManager: string,
): boolean {
  const fields = path.map((step) => `f:${step}`);
  const owners = managedFieldsOf(object)
    .filter((entry) => valueAt(entry["fieldsV1"], ...fields) !== undefined)
    .map((entry) => stringAt(entry, "manager"));
  return owners.length > 0 && !owners.includes(fieldManager);
}

function isTakenOver(entry: Properties): boolean {
  const manager = stringAt(entry, "manager");
  return (
    stringAt(entry, "subresource") === "" &&
    takenOver.some(([name, operation]) => name === manager && operation === entry["operation"])
  );
}

function isApplyOf(entry: Properties, fieldManager: string): boolean {
  return entry["manager"] === fieldManager && entry["operation"] === "Apply";
}

/** The union of two field sets. A field that is owned itself, besides what is in it, is marked with a dot. */
function unite(left: unknown, right: unknown): unknown {
  if (!isRecord(left) || !isRecord(right)) {
    return left ?? right;
  }
  const [leftKeys, rightKeys] = [Object.keys(left), Object.keys(right)];
  if ((leftKeys.length === 0) !== (rightKeys.length === 0)) {
    return { ".": {}, ...left, ...right };
  }
  return Object.fromEntries(
    [...new Set([...leftKeys, ...rightKeys])].map((key) => [key, unite(left[key], right[key])]),
  );
}
