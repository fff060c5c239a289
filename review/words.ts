import { phrases, type Told } from "./phrases";
import { regionsOf } from "./sites";
import type { Declared } from "./stack";
import { code, shown } from "./text";
import { type FieldChange, fieldChanges, type FieldPath, member, showPath } from "./values";

/** A sentence, the regions it is about, and where it stands among the others. */
interface Sentence {
  readonly regions: readonly string[];
  readonly text: string;
  readonly rank: number;
}

/** What stands at a pattern's stars; undefined where the path is another one. */
function namesAt(pattern: string, path: FieldPath): string[] | undefined {
  const steps = pattern.split(".");
  const fits = steps.length === path.length && steps.every((step, at) => step === "*" || step === path[at]);
  return fits ? steps.flatMap((step, at) => (step === "*" ? [String(path[at])] : [])) : undefined;
}

/** The regions a place in the description is about; all of them where it is no single one's. */
function regionsAt(path: FieldPath, all: readonly string[]): readonly string[] {
  if (path[0] === "regions") return [String(path[1])];
  return path[0] === "database" || path[0] === "service" ? all : [];
}

function tell({ path, before, after }: FieldChange, old: unknown, now: unknown): Sentence {
  const regions = regionsAt(path, regionsOf(now));
  const found = phrases
    .map(([place, say], rank) => ({ names: namesAt(place, path), say, rank }))
    .find(({ names }) => names !== undefined);
  if (found?.names !== undefined) {
    const told: Told = { names: found.names, before, after, old, now };
    return { regions, text: found.say(told), rank: found.rank };
  }
  const key = String(path.at(-1));
  const text = `${code(showPath(path))} ${shown(before, key)} to ${shown(after, key)}`;
  return { regions: [], text, rank: phrases.length };
}

/** What the stack promises and its outputs tell, where it is another promise now. */
function promised(before: Declared, after: Declared): Sentence[] {
  const [old, now] = [before.run.outputs["database"], after.run.outputs["database"]];
  const [was, is] = [member(old, "rtoSeconds"), member(now, "rtoSeconds")];
  if (typeof was !== "number" || typeof is !== "number" || was === is) return [];
  const text = `database RTO ${was} to ${is} s: from the loss of the writer until another region takes writes`;
  return [{ regions: regionsOf(after.description), text, rank: 2 }];
}

/** Whatever differs between two descriptions in the words of the topology, the weightiest first. */
export function words(before: Declared, after: Declared): string[] {
  if (before.description === undefined) return ["the environment is new"];
  if (after.description === undefined) return ["the environment is removed"];
  const sentences = [
    ...fieldChanges(before.description, after.description).map((change) =>
      tell(change, before.description, after.description),
    ),
    ...promised(before, after),
  ];
  const texts = [...new Set(sentences.map(({ text }) => text))];
  return texts
    .map((text) => {
      const same = sentences.filter((sentence) => sentence.text === text);
      const regions = [...new Set(same.flatMap((sentence) => sentence.regions))].sort();
      return { text, regions, rank: same[0]?.rank ?? 0 };
    })
    .sort((one, other) => one.rank - other.rank)
    .map(({ text, regions }) => (regions.length === 0 ? text : `${regions.join(", ")}: ${text}`));
}
