import { input, shown } from "../inputs";
import { fails, notYetKnown } from "../manifest";
import type { Resource, StackRule } from "../rule";

const isOfGlobal = (cluster: Resource): boolean =>
  !fails(input(cluster, "globalClusterIdentifier"), (identifier) => identifier !== undefined);

export const databaseInTwoRegions: StackRule = {
  kind: "stack",
  name: "database-in-two-regions",
  description: "An Aurora global database has clusters in at least two regions.",
  why: "A global database of one region is lost with it.",
  check: (resources) => {
    const clusters = resources.filter(({ type }) => type === "aws:rds/cluster:Cluster").filter(isOfGlobal);
    const regions = clusters.map(({ provider }) => provider?.region);
    const different = new Set(regions);
    return resources
      .filter(({ type }) => type === "aws:rds/globalCluster:GlobalCluster")
      .filter(() => !regions.includes(notYetKnown) && different.size < 2)
      .map(
        ({ name }) =>
          `${name}: its clusters are in ${[...different].map(shown).join(", ") || "no region"}; must be in two or more`,
      );
  },
};
