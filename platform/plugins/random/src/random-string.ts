/** `random.RandomPassword` and `random.RandomString`: the same text, secret or not. */
import { genSalt, hash } from "bcryptjs";

import type { Input, Kind, Problem } from "../../support/bridged/kind";
import type { Properties, Value } from "../../support/properties";
import { randomCharacters, type CharacterSet } from "./characters";
import { keepers } from "./keepers";

const count: Input = {
  type: "whole",
  default: 0,
  allowed: (value) => (Number(value) >= 0 ? undefined : "0 or more"),
};
const flag: Input = { type: "flag", default: true };

const inputs: Readonly<Record<string, Input>> = {
  length: {
    type: "whole",
    required: true,
    allowed: (value) => (Number(value) >= 1 ? undefined : "1 or more"),
  },
  lower: flag,
  upper: flag,
  special: flag,
  // `numeric` under its old name: each follows the other.
  number: { type: "flag" },
  numeric: { type: "flag" },
  minLower: count,
  minUpper: count,
  minNumeric: count,
  minSpecial: count,
  overrideSpecial: {
    type: "text",
    same: (before, after) => before === "" && after === undefined,
    allowed: (value) => (isAscii(value) ? undefined : "of ASCII characters only"),
  },
  keepers,
};

const text: Omit<Kind, "type" | "schemaVersion" | "computed" | "create"> = {
  inputs,
  complete: (given) => {
    const numeric = given["numeric"] ?? given["number"] ?? true;
    return { ...given, numeric, number: given["number"] ?? numeric };
  },
  problems: (given) => [...sourceProblems(given), ...lengthProblems(given)],
};

/** The official resource's inputs and outputs. */
export const randomPassword: Kind = {
  ...text,
  type: "random:index/randomPassword:RandomPassword",
  schemaVersion: 3,
  computed: { result: "secret", bcryptHash: "secret" },
  create: async (given) => {
    const result = randomText(given);
    return { id: "none", computed: { result, bcryptHash: await bcryptHash(result) } };
  },
};

/** The official resource's inputs and outputs. */
export const randomString: Kind = {
  ...text,
  type: "random:index/randomString:RandomString",
  schemaVersion: 2,
  computed: { result: "open" },
  create: (given) => {
    const result = randomText(given);
    return { id: result, computed: { result } };
  },
};

function randomText(given: Properties): string {
  return randomCharacters({ length: Number(given["length"]), sets: characterSets(given) });
}

function characterSets(given: Properties): CharacterSet[] {
  const set = (characters: string, name: string, minimum: string): CharacterSet => ({
    characters,
    included: given[name] === true,
    atLeast: Number(given[minimum]),
  });
  const override = given["overrideSpecial"];
  const special = typeof override === "string" && override !== "" ? override : "!@#$%&*()-_=+[]{}<>:?";
  return [
    set("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "upper", "minUpper"),
    set("abcdefghijklmnopqrstuvwxyz", "lower", "minLower"),
    set("0123456789", "numeric", "minNumeric"),
    set(special, "special", "minSpecial"),
  ];
}

/** Of the first 72 bytes, which is all that bcrypt looks at; marked as Go's bcrypt does. */
async function bcryptHash(result: string): Promise<string> {
  const salt = await genSalt(10);
  return hash(result, salt.replace(/^\$2b\$/, "$2a$"));
}

function sourceProblems(given: Properties): Problem[] {
  const { number, numeric } = given;
  if (number !== undefined && numeric !== undefined && number !== numeric) {
    const reason = `number is ${JSON.stringify(number)}; must be as numeric, whose old name it is: leave it out`;
    return [{ property: "number", reason }];
  }
  if (["lower", "upper", "special", "numeric"].some((name) => given[name] !== false)) return [];
  const reason = "lower, upper, numeric and special are all false; at least one must be true";
  return [{ property: "numeric", reason }];
}

function lengthProblems(given: Properties): Problem[] {
  const minimums = ["minLower", "minUpper", "minNumeric", "minSpecial"].map((name) =>
    Number(given[name] ?? 0),
  );
  const least = minimums.reduce((sum, minimum) => sum + minimum, 0);
  const { length } = given;
  if (typeof length !== "number" || length >= least) return [];
  const reason = `length is ${String(length)}; must be ${String(least)} or more: the sum of minLower, minUpper, minNumeric and minSpecial`;
  return [{ property: "length", reason }];
}

function isAscii(value: Value): boolean {
  return typeof value === "string" && /^[\x20-\x7e]*$/.test(value);
}
