import { type Demand, elements, follow, input, off, on, unmet } from "../inputs";
import { fails } from "../manifest";
import type { Resource, ResourceRule } from "../rule";

const demands: Readonly<Record<string, readonly Demand[]>> = {
  "aws:dynamodb/table:Table": [on("deletionProtectionEnabled")],
  "aws:ecr/repository:Repository": [off("forceDelete")],
  "aws:eks/cluster:Cluster": [on("deletionProtection")],
  "aws:lb/loadBalancer:LoadBalancer": [on("enableDeletionProtection")],
  "aws:rds/cluster:Cluster": [on("deletionProtection"), off("skipFinalSnapshot")],
  "aws:rds/globalCluster:GlobalCluster": [on("deletionProtection"), off("forceDestroy")],
  "aws:route53/zone:Zone": [off("forceDestroy")],
  "aws:s3/bucket:Bucket": [off("forceDestroy")],
};

/** Replicas of a table that can be deleted though the table can't. */
const unprotected = (table: Resource): string[] =>
  elements(input(table, "replicas"))
    .filter((replica) => fails(follow(replica, "deletionProtectionEnabled"), (flag) => flag === true))
    .map(
      (replica) =>
        `${table.name}: the replica in ${String(follow(replica, "regionName"))} has no deletionProtectionEnabled; ` +
        "must be true",
    );

export const deletionProtection: ResourceRule = {
  kind: "resource",
  name: "deletion-protection",
  description:
    "What keeps data or takes traffic can't be deleted in one step, and databases not without a last snapshot.",
  why: "A slip in a description, or a destroy in the wrong stack, must not be able to end it.",
  check: (resource) => [
    ...unmet(resource, demands[resource.type] ?? []),
    ...(resource.type === "aws:dynamodb/table:Table" ? unprotected(resource) : []),
  ],
};
