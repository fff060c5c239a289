import { notYetKnown, value } from "../manifest";
import type { StackRule } from "../rule";
import { leaseStores } from "../voters";

export const oddVoters: StackRule = {
  kind: "stack",
  name: "odd-voters",
  description: "A store of leases has three voters, or a greater odd number, and all of them know of all.",
  why: "Two voters decide nothing without both; an even number adds a machine that can fail, and no vote that counts.",
  check: (resources) =>
    leaseStores(resources).flatMap(({ name, places, told }) => {
      const count = places.length;
      const isOdd = count >= 3 && count % 2 === 1;
      return [
        ...(isOdd ? [] : [`${name}: has ${count} voters; must be 3, or a greater odd number: add a witness`]),
        ...(told === undefined || told === notYetKnown || told === count
          ? []
          : [
              `${name}: --initial-cluster names ${value(told) ?? 0} voters; must name all ${count}, alike for each`,
            ]),
      ];
    }),
};
