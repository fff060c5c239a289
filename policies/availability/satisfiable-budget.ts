import { type Field, notYetKnown, value } from "../manifest";
import type { StackRule } from "../rule";
import { type Budget, budgetsOf, covers, workloadsOf } from "../workloads";

/** Pods that a count or a percentage of `replicas` stands for, rounded up as Kubernetes does. */
function pods(amount: Field<number | string>, replicas: number): number | undefined {
  const known = value(amount);
  if (known === undefined) return undefined;
  const percent = /^(\d+)%$/.exec(String(known));
  return percent ? Math.ceil((Number(percent[1]) * replicas) / 100) : Number(known);
}

/** Pods that may be evicted while `replicas` run; undefined when that is not known yet. */
function evictable(budget: Budget, replicas: Field<number>): number | undefined {
  if (replicas === notYetKnown || replicas === undefined) return undefined;
  const atLeast = pods(budget.minAvailable, replicas);
  return atLeast === undefined ? pods(budget.maxUnavailable, replicas) : replicas - atLeast;
}

export const satisfiableBudget: StackRule = {
  kind: "stack",
  name: "satisfiable-budget",
  description: "A PodDisruptionBudget lets at least one pod go when the workload runs at its minimum.",
  why: "A budget that allows no eviction at the smallest size blocks node drains and cluster upgrades for ever.",
  check: (resources) => {
    const workloads = workloadsOf(resources);
    return budgetsOf(resources).flatMap((budget) =>
      workloads
        .filter((workload) => covers(budget, workload))
        .filter((workload) => (evictable(budget, workload.minReplicas) ?? 1) < 1)
        .map(
          (workload) =>
            `${budget.name} lets no pod of ${workload.name} go at its minimum of ` +
            `${value(workload.minReplicas) ?? 1}; must allow at least 1: lower minAvailable or raise minReplicas`,
        ),
    );
  },
};
