import { fails, value } from "../manifest";
import type { StackRule } from "../rule";
import { singleReplicaAnnotation, workloadsOf } from "../workloads";

/**
 * One pod is an outage at every node drain. Counts the autoscaler's minimum where there is one, so that a
 * Deployment that rightly leaves `spec.replicas` out is not reported.
 */
export const minimumReplicas: StackRule = {
  kind: "stack",
  name: "minimum-replicas",
  description: "Every workload runs at least two pods, by its autoscaler's minimum or by spec.replicas.",
  check: (resources) =>
    workloadsOf(resources)
      .filter((workload) => workload.singleReplicaReason === undefined)
      .filter((workload) => fails(workload.minReplicas, (replicas) => (replicas ?? 1) >= 2))
      .map(
        (workload) =>
          `${workload.name} may run ${value(workload.minReplicas) ?? 1} pod; must be at least 2: raise ` +
          `minReplicas or spec.replicas, or state the reason in annotation ${singleReplicaAnnotation}`,
      ),
};
