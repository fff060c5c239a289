import { runs, variableOf } from "../environment";
import { nameOf, notYetKnown, value } from "../manifest";
import type { Resource, StackRule } from "../rule";

/** What every steward must be told alike: by whom they decide, for how long, and in whose favour. */
const shared = [
  "DATABASE_GLOBAL_CLUSTER",
  "DATABASE_KIND",
  "DATABASE_MODE",
  "LEASE_SECONDS",
  "PREFERRED_WRITER",
  "QUORUM_ENDPOINTS",
  "QUORUM_KIND",
  "QUORUM_PREFIX",
  "QUORUM_TABLE",
  "REGIONS",
];

function disagreement(stewards: readonly Resource[], name: string): string[] {
  const said = stewards.map((steward) => variableOf(steward, name));
  if (said.includes(notYetKnown) || new Set(said).size < 2) return [];
  const each = stewards.map(({ name: steward }, index) => `${value(said[index]) ?? "nothing"} in ${steward}`);
  return [`stewards are told different ${name}: ${each.join(", ")}; must be the same for all`];
}

function sameRegion(stewards: readonly Resource[]): string[] {
  const regions = stewards.map((steward) => variableOf(steward, "REGION"));
  return regions.includes(notYetKnown) || new Set(regions).size === regions.length
    ? []
    : [
        `stewards ${stewards.map(({ props }) => nameOf(props)).join(", ")} have REGION ${regions.map(String).join(", ")}; ` +
          "must be different: each decides for a region of its own",
      ];
}

export const stewardsAgree: StackRule = {
  kind: "stack",
  name: "stewards-agree",
  description:
    "The stewards of all regions decide by one quorum, one lease, one mode and one preferred writer.",
  why: "Stewards that count by different leases can both believe that they hold it: two writers.",
  check: (resources) => {
    const stewards = resources.filter(
      (resource) => resource.type.endsWith(":Deployment") && runs(resource, "steward"),
    );
    return [...shared.flatMap((name) => disagreement(stewards, name)), ...sameRegion(stewards)];
  },
};
