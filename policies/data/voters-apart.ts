import { notYetKnown } from "../manifest";
import type { StackRule } from "../rule";
import { leaseStores } from "../voters";

export const votersApart: StackRule = {
  kind: "stack",
  name: "voters-apart",
  description: "No two voters of a store of leases are in one region.",
  why: "Two voters that fail together are one: the majority is lost with a single region.",
  check: (resources) =>
    leaseStores(resources)
      .filter(({ places }) => !places.includes(notYetKnown) && new Set(places).size < places.length)
      .map(
        ({ name, places }) =>
          `${name}: its voters are in ${places.map(String).join(", ")}; must each be in a region of its own`,
      ),
};
