import type { Resource } from "../../policies/rule";
import { goodStacks } from "./fixture";
import { goldenResources, stops } from "./golden-resources";
import { type Mutation, mutated } from "./mutation";
import { awsMutations } from "./mutations-aws";
import { localMutations } from "./mutations-local";

// Breaks one thing of a golden at a time. What no rule sees is listed here, so that nobody takes the pack for more than it is.

const mutations = [...localMutations, ...awsMutations];

/** Dangers that the pack does not see, and who does. */
const unseen = [
  // Both regions' images come from one resource: the invariant "every site runs the same images, each made once".
  "one build in a, another in b",
  // Made in components/trust alone, whose tests say how long and for how long.
  "a password of four letters",
  "an authority for two thousand years",
];

/** Production with what it has none of, so that a rule over that is tried as well. */
function productionWithMore(): Resource[] {
  const production = goldenResources("production");
  const types = new Set(production.map(({ type }) => type));
  return [...production, ...goodStacks().aws.filter(({ type }) => !types.has(type))];
}

const goldens: Readonly<Record<Mutation["golden"], Resource[]>> = {
  local: goldenResources("local"),
  production: productionWithMore(),
};

const isCaught = (mutation: Mutation): boolean => {
  const before = goldens[mutation.golden];
  return stops(mutation.golden, mutated(before, mutation)).length > stops(mutation.golden, before).length;
};

test("there are at least sixty, all different", () => {
  expect(new Set(mutations.map(({ what }) => what)).size).toBe(mutations.length);
  expect(mutations.length).toBeGreaterThanOrEqual(60);
});

test("all dangers are seen but for those that are listed: at least nine of ten", () => {
  const missed = mutations.filter((mutation) => !isCaught(mutation)).map(({ what }) => what);
  expect(missed).toEqual(unseen);
  expect(missed.length).toBeLessThanOrEqual(mutations.length / 10);
});
