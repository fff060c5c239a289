import { type Path, type Problem, show } from "./errors";

/** Desired weight by backend. */
export type Weights = Readonly<Record<string, number>>;

/** Largest desired weight, so that a weight may be written as a percentage. */
export const maxWeight = 100;

/** What a weight may be, in words. */
export const weightRule = `an integer from 0 to ${maxWeight}`;

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);

/** What is wrong with desired weights: at least one backend, whole numbers in range, not all 0. */
export function weightProblems(weights: Weights, path: Path): Problem[] {
  const entries = Object.entries(weights);
  const wrong = entries
    .filter(([, weight]) => !Number.isInteger(weight) || weight < 0 || weight > maxWeight)
    .map(([name, weight]) => ({ path: [...path, name, "weight"], found: show(weight), allowed: weightRule }));
  if (entries.length === 0) {
    return [{ path, found: "without a backend", allowed: "a map of 1 or more backends with their weights" }];
  }
  if (wrong.length === 0 && entries.every(([, weight]) => weight === 0)) {
    // In an order of its own: Pulumi sorts what a person wrote.
    const names = entries.map(([name]) => name).sort();
    const fix = `nobody would answer: raise the weight of ${names.join(" or ")}`;
    return [{ path, found: "all at weight 0", allowed: "a map with at least one weight above 0", fix }];
  }
  return wrong;
}

/**
 * The smallest whole numbers in the same proportion, without the backends at weight 0: 30/20/0 and 3/2/0 are both
 * 3/2. Equal proportions so give an equal router configuration, and short cycles of a weighted round robin.
 */
export function normalizeWeights(weights: Weights): Weights {
  const used = Object.entries(weights).filter(([, weight]) => weight > 0);
  const divisor = used.map(([, weight]) => weight).reduce(greatestCommonDivisor, 0);
  return Object.fromEntries(used.map(([name, weight]) => [name, weight / divisor]));
}
