import { elements, follow, input } from "../inputs";
import { type Field, nameOf, notYetKnown } from "../manifest";
import type { Resource, ResourceRule } from "../rule";

/** Verbs and resources by which whoever has a role gets more rights than it says. */
const verbs = ["bind", "escalate", "impersonate"];
const targets = [
  "clusterrolebindings",
  "clusterroles",
  "pods/exec",
  "rolebindings",
  "roles",
  "serviceaccounts/token",
];
const built = ["admin", "cluster-admin", "edit"];
/** Groups that hold everybody. */
const everybody = [
  "system:anonymous",
  "system:authenticated",
  "system:serviceaccounts",
  "system:unauthenticated",
];

const has = (rule: Field<unknown>, field: string, words: readonly string[]): string[] =>
  words.filter((word) => elements(follow(rule, field)).includes(word));

/** All Secrets of a namespace, rather than those that are named. */
const readsAllSecrets = (rule: Field<unknown>): boolean =>
  has(rule, "resources", ["secrets"]).length > 0 && follow(rule, "resourceNames") === undefined;

const ofRole = (resource: Resource): string[] =>
  elements(input(resource, "rules")).flatMap((rule) => [
    ...has(rule, "verbs", verbs),
    ...has(rule, "resources", targets),
    ...(readsAllSecrets(rule) ? ["secrets without resourceNames"] : []),
  ]);

function ofBinding(resource: Resource): string[] {
  const role = input(resource, "roleRef.name");
  const subjects = elements(input(resource, "subjects")).map((subject) => follow(subject, "name"));
  return [
    ...(role !== notYetKnown && built.includes(String(role)) ? [`role ${String(role)}`] : []),
    ...everybody.filter((group) => subjects.includes(group)).map((group) => `subject ${group}`),
  ];
}

function found(resource: Resource): string[] {
  if (!resource.type.startsWith("kubernetes:")) return [];
  if (/:(Role|ClusterRole)$/.test(resource.type)) return ofRole(resource);
  return /:(RoleBinding|ClusterRoleBinding)$/.test(resource.type) ? ofBinding(resource) : [];
}

export const noPowerfulRoles: ResourceRule = {
  kind: "resource",
  name: "no-powerful-roles",
  description: "Roles grant nothing by which more can be had, and are bound to named accounts only.",
  why: "Whoever may bind roles, run commands in pods or read all Secrets owns the namespace, whatever else the role says.",
  check: (resource) =>
    found(resource).map(
      (power) => `${nameOf(resource.props)} has ${power}; must grant only what its pods need`,
    ),
};
