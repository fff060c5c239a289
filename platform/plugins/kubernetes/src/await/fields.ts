import { valueAt } from "../values";
import type { KubernetesObject } from "./types";

/** One entry of `.status.conditions`. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

/** The number at a path, or undefined when something else or nothing is there. */
export function numberAt(value: unknown, ...path: string[]): number | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "number" ? found : undefined;
}

/** The text at a path; empty text counts as none. */
export function textAt(value: unknown, ...path: string[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === "string" && found !== "" ? found : undefined;
}

/** The list at a path; empty when something else or nothing is there. */
export function listAt(value: unknown, ...path: string[]): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The conditions an object's controller reports. */
export function conditionsOf(object: KubernetesObject): Condition[] {
  return listAt(object, "status", "conditions").filter(
    (entry): entry is Condition => textAt(entry, "type") !== undefined,
  );
}

/** The condition of one type, if reported. */
export function conditionOf(object: KubernetesObject, type: string): Condition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type);
}

/** `[Reason] message`, the form in which conditions are told; undefined when the controller gave no reason. */
export function conditionText(condition: Condition): string | undefined {
  return condition.reason && condition.message ? `[${condition.reason}] ${condition.message}` : undefined;
}

/** Whether the controller has seen the object's present spec; its status says nothing before. */
export function isObserved(object: KubernetesObject): boolean {
  const observed = numberAt(object, "status", "observedGeneration");
  return observed !== undefined && observed >= (object.metadata.generation ?? 0);
}

/** Whether the object names the owner in its ownerReferences. */
export function isOwnedBy(object: KubernetesObject, owner: KubernetesObject): boolean {
  return object.metadata.ownerReferences?.some((reference) => reference.uid === owner.metadata.uid) ?? false;
}

/** `namespace/name`; the default namespace goes without saying. */
export function qualifiedName(object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  return namespace !== undefined && namespace !== "" && namespace !== "default"
    ? `${namespace}/${name}`
    : name;
}

/** A label selector in the form of a list call's parameter. */
export function selectorText(selector: unknown): string {
  const labels = Object.entries((valueAt(selector, "matchLabels") ?? {}) as Record<string, string>);
  const expressions = listAt(selector, "matchExpressions").map((expression) => {
    const key = textAt(expression, "key") ?? "";
    const values = `(${listAt(expression, "values").join(",")})`;
    switch (textAt(expression, "operator")) {
      case "In":
        return `${key} in ${values}`;
      case "NotIn":
        return `${key} notin ${values}`;
      case "DoesNotExist":
        return `!${key}`;
      default:
        return key;
    }
  });
  return [...labels.map(([key, value]) => `${key}=${value}`), ...expressions].join(",");
}

/** The namespace part of a reference, absent for objects of the whole cluster. */
export function namespaceOf(object: KubernetesObject): { namespace?: string } {
  return object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace };
}
