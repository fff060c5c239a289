import fc from "fast-check";

import { randomCharacters } from "../src/characters";

const count = (text: string, characters: string): number =>
  Array.from(text).filter((character) => characters.includes(character)).length;

test("a text has its length, at least what is demanded, and nothing but what is allowed", () => {
  const set = (characters: string) =>
    fc.record({ characters: fc.constant(characters), included: fc.boolean(), atLeast: fc.nat(5) });
  fc.assert(
    fc.property(set("abc"), set("012"), fc.nat(20), (letters, digits, more) => {
      fc.pre(letters.included || digits.included);
      const length = letters.atLeast + digits.atLeast + more;
      const text = randomCharacters({ length, sets: [letters, digits] });
      expect(text).toMatch(new RegExp(`^[abc012]{${String(length)}}$`));
      for (const { characters, included, atLeast } of [letters, digits]) {
        const found = count(text, characters);
        expect(found).toBeGreaterThanOrEqual(atLeast);
        if (!included) expect(found).toBe(atLeast);
      }
    }),
  );
});

test("every character can stand in every place", () => {
  const sets = [
    { characters: "a", included: false, atLeast: 1 },
    { characters: "bc", included: true, atLeast: 0 },
  ];
  const texts = Array.from({ length: 400 }, () => randomCharacters({ length: 3, sets }));
  const seen = new Set(
    texts.flatMap((text) => Array.from(text).map((character, place) => `${character}${String(place)}`)),
  );
  // Each of the nine is in every third text: one of them is missed by chance once in 10^69 runs.
  expect([...seen].sort()).toEqual(["a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1", "c2"]);
});
