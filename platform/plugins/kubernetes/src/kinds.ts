/** Group, version and kind; the core group is the empty string. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Groups that Kubernetes itself serves; everything else is a custom resource. */
const knownGroups = new Set([
  "",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "apps",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "extensions",
  "flowcontrol.apiserver.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "resource.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
  "storagemigration.k8s.io",
]);

/** Kinds of the known groups that live outside namespaces. Needed where no cluster can be asked. */
const clusterKinds = new Set([
  "APIService",
  "CertificateSigningRequest",
  "ClusterRole",
  "ClusterRoleBinding",
  "CSIDriver",
  "CSINode",
  "CustomResourceDefinition",
  "FlowSchema",
  "IngressClass",
  "MutatingWebhookConfiguration",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PriorityClass",
  "PriorityLevelConfiguration",
  "RuntimeClass",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
  "VolumeAttachment",
]);

/** Kinds of the known groups that live in a namespace. */
const namespacedKinds = new Set([
  "ConfigMap",
  "ControllerRevision",
  "CronJob",
  "CSIStorageCapacity",
  "DaemonSet",
  "Deployment",
  "Endpoints",
  "EndpointSlice",
  "Event",
  "HorizontalPodAutoscaler",
  "Ingress",
  "Job",
  "Lease",
  "LimitRange",
  "NetworkPolicy",
  "PersistentVolumeClaim",
  "Pod",
  "PodDisruptionBudget",
  "PodTemplate",
  "ReplicaSet",
  "ReplicationController",
  "ResourceQuota",
  "Role",
  "RoleBinding",
  "Secret",
  "Service",
  "ServiceAccount",
  "StatefulSet",
]);

/** Splits `apps/v1` or `v1`; `core/v1` means `v1`. */
export function parseApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const [first = "", second] = apiVersion.split("/");
  if (second === undefined) {
    return { group: "", version: first };
  }
  return { group: first === "core" ? "" : first, version: second };
}

/** The opposite of {@link parseApiVersion}. */
export function formatApiVersion(gvk: { readonly group: string; readonly version: string }): string {
  return gvk.group === "" ? gvk.version : `${gvk.group}/${gvk.version}`;
}

/** Type token of a URN, e.g. `kubernetes:apps/v1:Deployment`. */
export function typeOfUrn(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/** Pulumi's name of the resource. */
export function nameOfUrn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Group, version and kind a type token stands for. */
export function gvkOfUrn(urn: string): GroupVersionKind {
  const type = typeOfUrn(urn);
  const [, module = "", kind = ""] = type.split(":");
  const [group, version, more] = module.split("/");
  if (group === undefined || version === undefined || more !== undefined || kind === "") {
    throw new Error(
      `resource type is ${JSON.stringify(type)}; must be kubernetes:<group>/<version>:<kind>, such as kubernetes:apps/v1:Deployment`,
    );
  }
  return { group: group === "core" ? "" : group, version, kind };
}

/** Whether the resource only patches some fields of an object that someone else manages. */
export function isPatchResource(urn: string, kind: string): boolean {
  return typeOfUrn(urn).split(":")[2] === `${kind}Patch`;
}

/** Whether Kubernetes itself serves the kind. */
export function isBuiltIn(gvk: GroupVersionKind): boolean {
  return knownGroups.has(gvk.group);
}

/** Whether the kind lives in a namespace, or undefined where only the cluster knows. */
export function knownScope(gvk: GroupVersionKind): boolean | undefined {
  if (!isBuiltIn(gvk)) {
    return undefined;
  }
  const kind = gvk.kind.replace(/Patch$/, "");
  return clusterKinds.has(kind) ? false : namespacedKinds.has(kind) ? true : undefined;
}
