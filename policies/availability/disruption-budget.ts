import { value } from "../manifest";
import type { StackRule } from "../rule";
import { budgetsOf, covers, workloadsOf } from "../workloads";

export const disruptionBudget: StackRule = {
  kind: "stack",
  name: "disruption-budget",
  description: "Every workload of two or more pods has a PodDisruptionBudget.",
  why: "Without a budget a node drain may evict every pod at once.",
  check: (resources) => {
    const budgets = budgetsOf(resources);
    return workloadsOf(resources)
      .filter((workload) => (value(workload.minReplicas) ?? 0) >= 2)
      .filter((workload) => !budgets.some((budget) => covers(budget, workload)))
      .map(
        (workload) =>
          `${workload.name} has no PodDisruptionBudget; add one that selects its pods in its namespace`,
      );
  },
};
