import { atLeast, elements, follow, input, on, unmet } from "../inputs";
import { fails } from "../manifest";
import type { Resource, ResourceRule } from "../rule";
import { wholeNumber } from "../setting";

const leastDays = wholeNumber("leastDays", "days that backups of a database are kept, at least", {
  usual: 7,
  least: 1,
  most: 35,
});

/** Replicas of a table that can't be brought back to a point in time. */
const unrecoverable = (table: Resource): string[] =>
  elements(input(table, "replicas"))
    .filter((replica) => fails(follow(replica, "pointInTimeRecovery"), (flag) => flag === true))
    .map(
      (replica) =>
        `${table.name}: the replica in ${String(follow(replica, "regionName"))} has no pointInTimeRecovery; must be true`,
    );

export const backups: ResourceRule = {
  kind: "resource",
  name: "backups",
  description: "Databases have backups of some days, and tables go back to any point in time.",
  why: "Replicas repeat a mistake in a second; only a backup remembers how it was before.",
  settings: [leastDays],
  check: (resource, read) => {
    switch (resource.type) {
      case "aws:rds/cluster:Cluster":
      case "aws:rds/instance:Instance":
        return unmet(resource, [atLeast("backupRetentionPeriod", read(leastDays))]);
      case "aws:dynamodb/table:Table":
        return [...unmet(resource, [on("pointInTimeRecovery.enabled")]), ...unrecoverable(resource)];
      default:
        return [];
    }
  },
};
