import { elements, follow, input, textOf } from "../inputs";
import { fails } from "../manifest";
import type { ResourceRule } from "../rule";

export const stronglyConsistentLeases: ResourceRule = {
  kind: "resource",
  name: "strongly-consistent-leases",
  description: "Replicas of a global table are strongly consistent.",
  why: "A lease read from a replica that lags behind is held by two regions at once.",
  check: (resource) =>
    resource.type === "aws:dynamodb/table:Table"
      ? elements(input(resource, "replicas"))
          .filter((replica) => fails(follow(replica, "consistencyMode"), (mode) => mode === "STRONG"))
          .map(
            (replica) =>
              `${resource.name}: the replica in ${String(follow(replica, "regionName"))} has consistencyMode ` +
              `${textOf(follow(replica, "consistencyMode")) ?? "EVENTUAL by default"}; must be STRONG`,
          )
      : [],
};
