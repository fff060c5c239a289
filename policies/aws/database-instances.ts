import type { StackRule } from "../rule";
import { wholeNumber } from "../setting";

const leastInstances = wholeNumber("leastInstances", "instances that each region's cluster must have", {
  usual: 2,
  least: 1,
  most: 15,
});

/** Counted by provider: an instance names its cluster by an identifier that is not known before the cluster is there. */
export const databaseInstances: StackRule = {
  kind: "stack",
  name: "database-instances",
  description: "Aurora has at least two instances in every region.",
  why: "With one, the loss of a zone is the loss of the region's database, and costs a failover between regions.",
  settings: [leastInstances],
  check: (resources, read) => {
    const ofProvider = (type: string, provider: string | undefined) =>
      resources.filter((each) => each.type === type && each.provider?.name === provider);
    return resources
      .filter(({ type }) => type === "aws:rds/cluster:Cluster")
      .flatMap(({ name, provider }) => {
        const clusters = ofProvider("aws:rds/cluster:Cluster", provider?.name).length;
        const instances = ofProvider("aws:rds/clusterInstance:ClusterInstance", provider?.name).length;
        return instances >= clusters * read(leastInstances)
          ? []
          : [
              `${name}: its region has ${instances} instances for ${clusters} clusters; must be at least ` +
                `${read(leastInstances)} each`,
            ];
      });
  },
};
