import { runLabelKeys } from "../../components/core/labels";
import { namespaceOf } from "./identity";

/** An object of a cluster, as far as cleaning up needs to know it. */
export interface ClusterObject {
  /** The kubeconfig context of its cluster. */
  readonly cluster: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty where it is of no namespace. */
  readonly namespace: string;
  readonly name: string;
  /** Empty where it carries none; so are the other two. */
  readonly runId: string;
  readonly runOwner: string;
  readonly ttlSeconds: string;
  /** The namespace whose claim a volume belongs to. */
  readonly claimNamespace: string;
  /** Whether another object owns it, and takes it along. */
  readonly owned: boolean;
}

const escaped = (key: string): string => key.replaceAll(".", "\\.");

const columns = [
  ".apiVersion",
  ".kind",
  ".metadata.namespace",
  ".metadata.name",
  `.metadata.labels.${escaped(runLabelKeys.id)}`,
  `.metadata.labels.${escaped(runLabelKeys.owner)}`,
  `.metadata.labels.${escaped(runLabelKeys.ttlSeconds)}`,
  ".spec.claimRef.namespace",
  ".metadata.ownerReferences[0].uid",
];

/** What kubectl is to print of each object: nothing of its content, which may be secret. */
export const listingFormat = `jsonpath={range .items[*]}${columns
  .map((column) => `{${column}}`)
  .join('{"\\t"}')}{"\\n"}{end}`;

/** The objects of a listing in {@link listingFormat}. */
export function parseListing(cluster: string, listing: string): ClusterObject[] {
  return listing
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [apiVersion = "", kind = "", namespace = "", name = "", ...rest] = line.split("\t");
      const [runId = "", runOwner = "", ttlSeconds = "", claimNamespace = "", owner = ""] = rest;
      const labels = { runId, runOwner, ttlSeconds };
      return { cluster, apiVersion, kind, namespace, name, ...labels, claimNamespace, owned: owner !== "" };
    });
}

/** Whether an object is there because of a run: by its label, its place, its claim or its name. */
export function belongsTo(id: string, { runId, namespace, name, claimNamespace }: ClusterObject): boolean {
  const place = namespaceOf(id);
  return runId === id || namespace === place || claimNamespace === place || name.includes(id);
}

/** An object for people: `twinstack-a Deployment twinstack-test-.../router`. */
export const show = ({ cluster, kind, namespace, name }: ClusterObject): string =>
  `${cluster} ${kind} ${namespace === "" ? name : `${namespace}/${name}`}`;

/** What is deleted one after the other: each may be needed by those before it to go. */
export const sweepRanks = [
  "custom resources",
  "webhooks",
  "controllers",
  "other objects",
  "definitions of custom resources",
  "namespaces",
  "volumes",
] as const;
export type SweepRank = (typeof sweepRanks)[number];

const ownGroups = new Set(["", "apps", "autoscaling", "batch", "policy"]);
const controllers = new Set([
  "CronJob",
  "DaemonSet",
  "Deployment",
  "HorizontalPodAutoscaler",
  "Job",
  "ReplicaSet",
  "ReplicationController",
  "StatefulSet",
]);

/** The group of a version: `apps` of `apps/v1`, nothing of `v1`. */
const groupOf = (apiVersion: string): string => apiVersion.split("/").slice(0, -1).join("");

/** When an object's turn is. */
export function sweepRank({ apiVersion, kind }: Pick<ClusterObject, "apiVersion" | "kind">): SweepRank {
  const group = groupOf(apiVersion);
  if (!ownGroups.has(group) && !group.endsWith(".k8s.io")) return "custom resources";
  if (kind === "CustomResourceDefinition") return "definitions of custom resources";
  if (kind.endsWith("WebhookConfiguration")) return "webhooks";
  if (kind === "Namespace") return "namespaces";
  if (kind === "PersistentVolume") return "volumes";
  return controllers.has(kind) ? "controllers" : "other objects";
}

/**
 * What a sweep deletes of a run's objects, in its order. Only what says itself that it is the run's: an object that
 * merely stands in the run's namespace goes with it, one that has an owner goes with that.
 */
export function sweepPlan(id: string, objects: readonly ClusterObject[]): [SweepRank, ClusterObject[]][] {
  const mine = objects
    .filter(({ runId, owned }) => runId === id && !owned)
    .filter(({ kind }) => isStored(kind));
  return sweepRanks
    .map((rank): [SweepRank, ClusterObject[]] => [rank, mine.filter((object) => sweepRank(object) === rank)])
    .filter(([, objects]) => objects.length > 0);
}

/** Views of other objects can't be deleted, and events lapse. */
const isStored = (kind: string): boolean => !["PodMetrics", "NodeMetrics", "Event"].includes(kind);

/** An object's kind as kubectl takes it: `deployment.v1.apps`, `service`. */
export function kubectlType({ apiVersion, kind }: Pick<ClusterObject, "apiVersion" | "kind">): string {
  const [version, ...group] = apiVersion.split("/").reverse();
  const name = kind.toLowerCase();
  return group.length === 0 ? name : `${name}.${version ?? ""}.${group.join("")}`;
}
