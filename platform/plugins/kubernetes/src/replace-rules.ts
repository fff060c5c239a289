import type { GroupVersionKind } from "./kinds";
import { gvkOf, isConfigMap, isSecret } from "./objects";
import type { Properties } from "./values";
import { isRecord } from "./values";

/** A field's place in an object: names and positions. */
export type FieldPath = readonly (string | number)[];

/** Which kinds of data may change in place although Pulumi replaces them by default. */
export interface Mutability {
  readonly configMaps: boolean;
  readonly secrets: boolean;
}

/** What identifies an object; it can never change in place. */
export const identityFields = [".metadata.name", ".metadata.namespace"];

const podFields = [
  "affinity",
  "automountServiceAccountToken",
  "dnsConfig",
  "dnsPolicy",
  "enableServiceLinks",
  "hostAliases",
  "hostIPC",
  "hostNetwork",
  "hostPID",
  "hostname",
  "imagePullSecrets",
  "nodeName",
  "nodeSelector",
  "overhead",
  "preemptionPolicy",
  "priority",
  "priorityClassName",
  "readinessGates",
  "restartPolicy",
  "runtimeClassName",
  "schedulerName",
  "securityContext",
  "serviceAccount",
  "serviceAccountName",
  "shareProcessNamespace",
  "subdomain",
  "terminationGracePeriodSeconds",
  "volumes",
];

const containerFields = [
  "args",
  "command",
  "env",
  "image",
  "imagePullPolicy",
  "lifecycle",
  "livenessProbe",
  "ports",
  "readinessProbe",
  "resources",
  "securityContext",
  "stdin",
  "stdinOnce",
  "terminationMessagePath",
  "terminationMessagePolicy",
  "tty",
  "volumeDevices",
  "volumeMounts",
  "workingDir",
];

const volumeSources = [
  "awsElasticBlockStore",
  "azureDisk",
  "azureFile",
  "cephfs",
  "cinder",
  "csi",
  "fc",
  "flexVolume",
  "flocker",
  "gcePersistentDisk",
  "glusterfs",
  "hostPath",
  "iscsi",
  "local",
  "nfs",
  "photonPersistentDisk",
  "portworxVolume",
  "quobyte",
  "rbd",
  "scaleIO",
  "storageos",
  "vsphereVolume",
];

const under = (prefix: string, names: readonly string[]): string[] =>
  names.map((name) => `${prefix}.${name}`);

const workload = [".spec.selector"];
const statefulSet = under(".spec", [
  "podManagementPolicy",
  "revisionHistoryLimit",
  "selector",
  "serviceName",
  "volumeClaimTemplates",
]);
const job = under(".spec", ["completions", "parallelism", "selector", "template"]);
const roleBinding = [".roleRef"];

/** Fields that the API server does not let change, by `group/version/Kind`. */
const immutableFields: Readonly<Record<string, readonly string[]>> = {
  "apps/v1/DaemonSet": workload,
  "apps/v1/Deployment": workload,
  "apps/v1/StatefulSet": statefulSet,
  "apps/v1beta1/StatefulSet": statefulSet,
  "apps/v1beta2/DaemonSet": workload,
  "apps/v1beta2/Deployment": workload,
  "apps/v1beta2/StatefulSet": statefulSet,
  "batch/v1/Job": job,
  "batch/v1beta1/Job": job,
  "batch/v2alpha1/Job": job,
  "/v1/PersistentVolume": under(".spec", volumeSources),
  "/v1/PersistentVolumeClaim": under(".spec", ["accessModes", "selector", "storageClassName", "volumeName"]),
  "/v1/Pod": [
    ...under(".spec", podFields),
    ...under(".spec.containers[*]", containerFields),
    ...under(".spec.initContainers[*]", containerFields),
  ],
  "/v1/ResourceQuota": [".spec.scopes"],
  "/v1/Secret": [".type"],
  "/v1/Service": [".spec.clusterIP"],
  "policy/v1beta1/PodDisruptionBudget": [".spec"],
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": roleBinding,
  "rbac.authorization.k8s.io/v1/RoleBinding": roleBinding,
  "rbac.authorization.k8s.io/v1alpha1/ClusterRoleBinding": roleBinding,
  "rbac.authorization.k8s.io/v1alpha1/RoleBinding": roleBinding,
  "rbac.authorization.k8s.io/v1beta1/ClusterRoleBinding": roleBinding,
  "rbac.authorization.k8s.io/v1beta1/RoleBinding": roleBinding,
  "storage.k8s.io/v1/StorageClass": [".parameters", ".provisioner"],
};

/**
 * The fields whose change replaces the object. ConfigMaps and Secrets are replaced when their data changes, so that
 * whatever reads them rolls with the new name; the provider's settings turn that off.
 */
export function replaceFields(object: Properties, mutable: Mutability): readonly string[] {
  const immutable = object["immutable"] === true;
  if (isSecret(object) && (!mutable.secrets || immutable)) {
    return [...identityFields, ".type", ".stringData", ".data"];
  }
  if (isConfigMap(object) && (!mutable.configMaps || immutable)) {
    return [...identityFields, ".binaryData", ".data"];
  }
  return [...identityFields, ...(immutableFields[keyOf(gvkOf(object))] ?? [])];
}

/** Whether a change of the value at a path changes a field that a rule such as `.spec.containers[*].image` names. */
export function matchesRule(rule: string, path: FieldPath, value: unknown): boolean {
  return matches(parseRule(rule), path, value);
}

function matches(rule: readonly string[], path: FieldPath, value: unknown): boolean {
  const [wanted, ...rest] = rule;
  if (wanted === undefined) {
    return true;
  }
  const [step, ...further] = path;
  if (step === undefined) {
    return holdsField(rule, value);
  }
  const fits = wanted === "*" ? typeof step === "number" : wanted === step;
  return fits && matches(rest, further, value);
}

function holdsField(rule: readonly string[], value: unknown): boolean {
  const [wanted, ...rest] = rule;
  if (wanted === undefined) {
    return true;
  }
  if (wanted === "*") {
    return Array.isArray(value) && value.some((item) => holdsField(rest, item));
  }
  return isRecord(value) && Object.hasOwn(value, wanted) && holdsField(rest, value[wanted]);
}

function parseRule(rule: string): string[] {
  return rule.replaceAll("[*]", ".*").split(".").slice(1);
}

function keyOf(gvk: GroupVersionKind): string {
  return `${gvk.group}/${gvk.version}/${gvk.kind}`;
}
