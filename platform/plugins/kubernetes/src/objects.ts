import type { KubernetesObject } from "./await/types";
import type { GroupVersionKind } from "./kinds";
import { parseApiVersion } from "./kinds";
import type { Properties } from "./values";
import { isRecord, setAt, stringAt, stripSecrets, valueAt } from "./values";

/** Group, version and kind of an object. */
export function gvkOf(object: Properties): GroupVersionKind {
  return { ...parseApiVersion(stringAt(object, "apiVersion")), kind: stringAt(object, "kind") };
}

export function isCrd(object: Properties): boolean {
  const { group, kind } = gvkOf(object);
  return group === "apiextensions.k8s.io" && kind === "CustomResourceDefinition";
}

export function isSecret(object: Properties): boolean {
  const { group, kind } = gvkOf(object);
  return group === "" && kind === "Secret";
}

export function isConfigMap(object: Properties): boolean {
  const { group, kind } = gvkOf(object);
  return group === "" && kind === "ConfigMap";
}

export function nameOf(object: Properties): string {
  return stringAt(object, "metadata", "name");
}

export function namespaceOf(object: Properties): string {
  return stringAt(object, "metadata", "namespace");
}

/** Sets the namespace, or removes it when it is empty. */
export function setNamespace(object: Properties, namespace: string): void {
  if (namespace !== "") {
    setAt(object, ["metadata", "namespace"], namespace);
  } else if (isRecord(object["metadata"])) {
    delete object["metadata"]["namespace"];
  }
}

export function annotation(object: Properties, key: string): string {
  return stringAt(object, "metadata", "annotations", key);
}

/** Pulumi's id of an object: `namespace/name`, or just the name outside namespaces. */
export function idOf(object: Properties): string {
  const namespace = namespaceOf(object);
  return namespace === "" ? nameOf(object) : `${namespace}/${nameOf(object)}`;
}

/** The opposite of {@link idOf}. */
export function parseId(id: string): { readonly namespace: string; readonly name: string } {
  const [first = "", second] = id.split("/");
  return second === undefined ? { namespace: "", name: first } : { namespace: first, name: second };
}

/** CRD schema fields whose dash no Pulumi language can spell. */
const dashedFields = new Map(
  [
    "embedded-resource",
    "int-or-string",
    "list-map-keys",
    "list-type",
    "map-type",
    "preserve-unknown-fields",
    "validations",
  ].map((field) => [`x_kubernetes_${field.replaceAll("-", "_")}`, `x-kubernetes-${field}`]),
);
const underscoredFields = new Map([...dashedFields].map(([underscored, dashed]) => [dashed, underscored]));

/** The Kubernetes object that properties describe: without secret wrappers, with Kubernetes' own spelling. */
export function toObject(properties: Properties): Properties {
  const object = renameKeys(stripSecrets(properties), dashedFields);
  return isRecord(object) ? object : {};
}

/** The properties that describe a Kubernetes object, in Pulumi's spelling. */
export function toProperties(object: Properties): Properties {
  const properties = renameKeys(object, underscoredFields);
  return isRecord(properties) ? properties : {};
}

function renameKeys(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => renameKeys(item, names));
  }
  if (!isRecord(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [names.get(key) ?? key, renameKeys(item, names)]),
  );
}

/** Checks that what the API server answered is an object. */
export function asKubernetesObject(value: unknown): KubernetesObject {
  if (isKubernetesObject(value)) {
    return value;
  }
  throw new Error(`the API server answered with something that is not an object: ${JSON.stringify(value)}`);
}

function isKubernetesObject(value: unknown): value is KubernetesObject {
  return (
    isRecord(value) &&
    typeof value["apiVersion"] === "string" &&
    typeof value["kind"] === "string" &&
    typeof valueAt(value, "metadata", "name") === "string"
  );
}
