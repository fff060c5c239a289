import { fails, value } from "../manifest";
import type { StackRule } from "../rule";
import { wholeNumber } from "../setting";
import { singleReplicaAnnotation, workloadsOf } from "../workloads";

const leastPods = wholeNumber("leastPods", "pods that a workload must run at least", {
  usual: 2,
  least: 2,
  most: 100,
});

/** Counts the autoscaler's minimum where there is one: a Deployment that rightly leaves `spec.replicas` out passes. */
export const minimumReplicas: StackRule = {
  kind: "stack",
  name: "minimum-replicas",
  description:
    "Every workload runs enough pods, at least two, by its autoscaler's minimum or by spec.replicas.",
  why: "One pod is an outage at every node drain.",
  settings: [leastPods],
  check: (resources, read) =>
    workloadsOf(resources)
      .filter((workload) => workload.singleReplicaReason === undefined)
      .filter((workload) => fails(workload.minReplicas, (replicas) => (replicas ?? 1) >= read(leastPods)))
      .map(
        (workload) =>
          `${workload.name} may run ${value(workload.minReplicas) ?? 1} pod; must be at least ${read(leastPods)}: raise ` +
          `minReplicas or spec.replicas, or state the reason in annotation ${singleReplicaAnnotation}`,
      ),
};
