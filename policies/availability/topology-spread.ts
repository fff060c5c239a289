import { type Field, fails, value } from "../manifest";
import { elements, follow, isUncertain } from "../inputs";
import type { StackRule } from "../rule";
import { texts } from "../setting";
import { workloadsOf } from "../workloads";

const keys = texts("keys", "labels of nodes that pods must be spread over", [
  "kubernetes.io/hostname",
  "topology.kubernetes.io/zone",
]);

/** What the constraints leave unspread; nothing while one of them is not known. */
function missing(constraints: Field<unknown>, wanted: readonly string[]): string[] {
  const spread = elements(constraints).map((constraint) => follow(constraint, "topologyKey"));
  if (isUncertain(constraints) || isUncertain(spread)) return [];
  return wanted.filter((key) => !spread.includes(key));
}

export const topologySpread: StackRule = {
  kind: "stack",
  name: "topology-spread",
  description: "Workloads of two or more pods spread them over nodes and zones.",
  why: "Two pods on one node, or in one zone, are one failure.",
  settings: [keys],
  check: (resources, read) =>
    workloadsOf(resources)
      .filter((workload) => (value(workload.minReplicas) ?? 0) >= 2)
      .flatMap((workload) => {
        const constraints = workload.pod?.topologySpreadConstraints;
        const unspread = missing(constraints, read(keys));
        return fails(constraints, () => unspread.length === 0)
          ? [
              `${workload.name} has no topologySpreadConstraints over ${unspread.join(" and ")}; add one for each`,
            ]
          : [];
      }),
};
