import { fails, value } from "../manifest";
import type { StackRule } from "../rule";
import { workloadsOf } from "../workloads";

/** Two pods on one node are one failure. */
export const topologySpread: StackRule = {
  kind: "stack",
  name: "topology-spread",
  description: "Workloads of two or more pods spread them over nodes or zones.",
  check: (resources) =>
    workloadsOf(resources)
      .filter((workload) => (value(workload.minReplicas) ?? 0) >= 2)
      .filter((workload) =>
        fails(workload.pod?.topologySpreadConstraints, (constraints) => (constraints ?? []).length > 0),
      )
      .map((workload) => `${workload.name} has no topologySpreadConstraints; spread over hostname and zone`),
};
