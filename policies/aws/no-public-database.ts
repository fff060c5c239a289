import { off, unmet } from "../inputs";
import type { ResourceRule } from "../rule";

const types = ["aws:rds/clusterInstance:ClusterInstance", "aws:rds/instance:Instance"];

export const noPublicDatabase: ResourceRule = {
  kind: "resource",
  name: "no-public-database",
  description: "Database instances have no public address.",
  why: "A database that the internet reaches is one stolen password away from being everybody's.",
  check: (resource) => (types.includes(resource.type) ? unmet(resource, [off("publiclyAccessible")]) : []),
};
