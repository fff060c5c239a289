import { runs, variableOf } from "../environment";
import { fails, nameOf, value } from "../manifest";
import type { ResourceRule } from "../rule";
import { wholeNumber } from "../setting";

const mostSeconds = wholeNumber("mostSeconds", "longest lease that still meets the time to recover", {
  usual: 15,
  least: 1,
  most: 60,
});

/** The lease's own arithmetic needs room for a renewal, its answer and clocks that drift. Seconds. */
const leastSeconds = 3;

export const leaseWithinBudget: ResourceRule = {
  kind: "resource",
  name: "lease-within-budget",
  description:
    "A steward's lease is short enough for the time to recover, and long enough to be renewed in time.",
  why: "Nobody else may write before a lost writer's lease has run out: a longer lease is a longer outage.",
  settings: [mostSeconds],
  check: (resource, read) => {
    if (!resource.type.endsWith(":Deployment") || !runs(resource, "steward")) return [];
    const lease = variableOf(resource, "LEASE_SECONDS");
    const isRight = (seconds: string | undefined): boolean =>
      Number(seconds ?? 0) >= leastSeconds && Number(seconds) <= read(mostSeconds);
    return fails(lease, isRight)
      ? [
          `${nameOf(resource.props)}: LEASE_SECONDS is ${value(lease) ?? "missing"}; must be from ${leastSeconds} to ` +
            `${read(mostSeconds)}`,
        ]
      : [];
  },
};
