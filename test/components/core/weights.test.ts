import fc from "fast-check";
import { normalizeWeights, sentence, weightProblems, type Weights } from "../../../components/core";

const weights = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.integer({ min: 0, max: 100 }), {
  noNullPrototype: true,
});
const usable = weights.filter((each) => Object.values(each).some((weight) => weight > 0));
const sum = (each: Weights): number => Object.values(each).reduce((total, weight) => total + weight, 0);

test.each<[Weights, Weights]>([
  [
    { stable: 3, candidate: 2, canary: 1 },
    { stable: 3, candidate: 2, canary: 1 },
  ],
  [
    { stable: 90, canary: 10 },
    { stable: 9, canary: 1 },
  ],
  [{ stable: 100, canary: 0 }, { stable: 1 }],
  [
    { stable: 7, canary: 7 },
    { stable: 1, canary: 1 },
  ],
  [{}, {}],
])("%j is %j", (given, normal) => {
  expect(normalizeWeights(given)).toEqual(normal);
});

test("normalizing keeps every share", () => {
  fc.assert(
    fc.property(usable, (given) => {
      const normal = normalizeWeights(given);
      for (const [name, weight] of Object.entries(given)) {
        expect((normal[name] ?? 0) * sum(given)).toBe(weight * sum(normal));
      }
    }),
  );
});

test("normalizing leaves out 0, gives whole numbers and does nothing twice", () => {
  fc.assert(
    fc.property(usable, (given) => {
      const normal = normalizeWeights(given);
      expect(Object.values(normal).every((weight) => Number.isInteger(weight) && weight > 0)).toBe(true);
      expect(normalizeWeights(normal)).toEqual(normal);
    }),
  );
});

test("the scale of weights does not matter", () => {
  fc.assert(
    fc.property(usable, fc.integer({ min: 1, max: 50 }), (given, factor) => {
      const scaled = Object.fromEntries(
        Object.entries(given).map(([name, weight]) => [name, weight * factor]),
      );
      expect(normalizeWeights(scaled)).toEqual(normalizeWeights(given));
    }),
  );
});

test("weights are right exactly when one is above 0", () => {
  fc.assert(
    fc.property(weights, (given) => {
      expect(weightProblems(given, []).length === 0).toBe(sum(given) > 0);
    }),
  );
});

test.each<[Weights, string[]]>([
  [{}, ["backends is without a backend; must be a map of 1 or more backends with their weights"]],
  [
    { a: -1, b: 1.5, c: 101, d: Number.NaN },
    ["a", "b", "c", "d"].map(
      (name, index) =>
        `backends.${name}.weight is ${["-1", "1.5", "101", "NaN"][index] ?? ""}; must be an integer from 0 to 100`,
    ),
  ],
  [
    { a: 0, b: 0 },
    [
      "backends is all at weight 0; must be a map with at least one weight above 0; " +
        "nobody would answer: raise the weight of a or b",
    ],
  ],
])("%j is refused", (given, sentences) => {
  expect(weightProblems(given, ["backends"]).map(sentence)).toEqual(sentences);
});
