/** Random texts from sets of characters. */
import { randomInt } from "node:crypto";

/** How many characters of each set a text has at least, and which sets the rest comes from. */
export interface Recipe {
  readonly length: number;
  readonly sets: readonly CharacterSet[];
}

/** One set of characters. */
export interface CharacterSet {
  readonly characters: string;
  /** Whether the rest of the text may come from it. */
  readonly included: boolean;
  /** At least so many of the text come from it, included or not. */
  readonly atLeast: number;
}

/** A text by a recipe; every text that the recipe allows can come out, and no place in it is special. */
export function randomCharacters({ length, sets }: Recipe): string {
  const demanded = sets.flatMap(({ characters, atLeast }) => pick(characters, atLeast));
  const pool = sets.filter(({ included }) => included).map(({ characters }) => characters);
  return shuffled([...demanded, ...pick(pool.join(""), length - demanded.length)]).join("");
}

function pick(characters: string, count: number): string[] {
  return Array.from({ length: count }, () => characters.charAt(randomInt(characters.length)));
}

function shuffled(items: readonly string[]): string[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [result[last], result[other]] = [result[other] ?? "", result[last] ?? ""];
  }
  return result;
}
