import { compare } from "bcryptjs";

import { textOf, unknownText, type Properties } from "../../support/properties";
import { inClear } from "../../support/secrets";
import { BridgedHarness } from "../../support/test/bridged";
import { kinds } from "../src/kinds";
import { randomId } from "../src/random-id";
import { randomPassword, randomString } from "../src/random-string";

const harness = new BridgedHarness("random", kinds);

beforeAll(() => harness.start());

afterAll(() => {
  harness.stop();
});

const defaults: Properties = {
  length: 16,
  lower: true,
  upper: true,
  numeric: true,
  number: true,
  special: true,
  minLower: 0,
  minUpper: 0,
  minNumeric: 0,
  minSpecial: 0,
};

describe("RandomPassword", () => {
  const made = (inputs: Properties) => harness.resource(randomPassword).create(inputs);
  const passwordBy = async (inputs: Properties) => textOf(inClear((await made(inputs)).state)["result"]);

  test("has the official state, with a secret result and its hash", async () => {
    const { id, state } = await made({ length: 16 });
    expect(id).toBe("none");
    const { result, bcryptHash, ...rest } = inClear(state);
    expect(rest).toEqual({ __meta: '{"schema_version":"3"}', id: "none", ...defaults });
    expect(result).toMatch(/^[A-Za-z0-9!@#$%&*()\-_=+[\]{}<>:?]{16}$/);
    expect(bcryptHash).toMatch(/^\$2a\$10\$/);
    expect(await compare(textOf(result), textOf(bcryptHash))).toBe(true);
    expect([state["result"], state["bcryptHash"]]).toEqual([
      expect.objectContaining({ value: result }),
      expect.objectContaining({ value: bcryptHash }),
    ]);
  });

  test("hashes the first 72 bytes of a longer one", async () => {
    const { result, bcryptHash } = inClear((await made({ length: 100 })).state);
    expect(await compare(textOf(result).slice(0, 72), textOf(bcryptHash))).toBe(true);
    expect(await compare(textOf(result).slice(0, 71), textOf(bcryptHash))).toBe(false);
  });

  test.each<[Properties, RegExp]>([
    [{ length: 32, special: false }, /^[A-Za-z0-9]{32}$/],
    [{ length: 20, upper: false, numeric: false, special: false }, /^[a-z]{20}$/],
    [{ length: 20, lower: false, upper: false, number: false, overrideSpecial: "_%@" }, /^[_%@]{20}$/],
    [
      { length: 4, minLower: 1, minUpper: 1, minNumeric: 1, minSpecial: 1 },
      /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*\W|.*_).{4}$/,
    ],
    // A minimum holds for sets that are switched off, too.
    [{ length: 20, upper: false, minUpper: 20 }, /^[A-Z]{20}$/],
  ])("%j", async (inputs, pattern) => {
    expect(await passwordBy(inputs)).toMatch(pattern);
  });

  test("is never the same twice", async () => {
    expect(await passwordBy({ length: 32 })).not.toBe(await passwordBy({ length: 32 }));
  });

  test.each<[Properties, string]>([
    [{}, "length is missing; must be a whole number"],
    [{ length: 0 }, "length is 0; must be 1 or more"],
    [
      { length: 3, minLower: 2, minNumeric: 2 },
      "length is 3; must be 4 or more: the sum of minLower, minUpper, minNumeric and minSpecial",
    ],
    [
      { length: 3, lower: false, upper: false, special: false, numeric: false },
      "lower, upper, numeric and special are all false; at least one must be true",
    ],
    [
      { length: 3, number: true, numeric: false },
      "number is true; must be as numeric, whose old name it is: leave it out",
    ],
    [{ length: 3, overrideSpecial: "é" }, 'overrideSpecial is "é"; must be of ASCII characters only'],
  ])("refuses %j", async (inputs, reason) => {
    expect((await harness.resource(randomPassword).check(inputs)).reasons).toEqual([reason]);
  });

  test("waits for lengths that aren't known yet", async () => {
    const checked = await harness.resource(randomPassword).check({ length: unknownText, minLower: 5 });
    expect(checked.reasons).toEqual([]);
  });

  test.each<[string, Properties, Properties, string[], string[]]>([
    ["nothing", {}, {}, [], []],
    ["the length", {}, { length: 17 }, ["length"], ["length"]],
    ["numeric, and with it number", {}, { numeric: false }, ["number", "numeric"], ["number", "numeric"]],
    ["a keeper", { keepers: { a: "1" } }, { keepers: { a: "2" } }, ["keepers"], ["keepers"]],
    ["no keepers to an empty object", {}, { keepers: {} }, ["keepers"], []],
    ["an override that was empty", { overrideSpecial: "" }, {}, ["overrideSpecial"], []],
    ["an override", { overrideSpecial: "-" }, {}, ["overrideSpecial"], ["overrideSpecial"]],
  ])("%s changed", async (_, before, after, changed, replaces) => {
    const calls = harness.resource(randomPassword);
    const { state } = await calls.create({ length: 16, ...before });
    expect(await calls.diff(state, { length: 16, ...after })).toEqual({ changed, replaces });
  });
});

describe("RandomString", () => {
  test("has the official state: the result is the id, and no secret", async () => {
    const { id, state } = await harness.resource(randomString).create({ length: 16, special: false });
    expect(id).toMatch(/^[A-Za-z0-9]{16}$/);
    expect(state).toEqual({ __meta: '{"schema_version":"2"}', id, result: id, ...defaults, special: false });
  });
});

describe("RandomId", () => {
  test("has the official state: one number in four forms", async () => {
    const { id, state } = await harness.resource(randomId).create({ byteLength: 8, prefix: "x-" });
    const bytes = Buffer.from(id, "base64url");
    expect(bytes).toHaveLength(8);
    expect(state).toEqual({
      id,
      byteLength: 8,
      prefix: "x-",
      b64Url: `x-${id}`,
      b64Std: `x-${bytes.toString("base64")}`,
      hex: `x-${bytes.toString("hex")}`,
      dec: `x-${bytes.readBigUInt64BE().toString()}`,
    });
  });

  test("a changed prefix replaces", async () => {
    const calls = harness.resource(randomId);
    const { state } = await calls.create({ byteLength: 8 });
    expect(await calls.diff(state, { byteLength: 8 })).toEqual({ changed: [], replaces: [] });
    expect((await calls.diff(state, { byteLength: 8, prefix: "y" })).replaces).toEqual(["prefix"]);
  });

  test("refuses numbers without bytes", async () => {
    const { reasons } = await harness.resource(randomId).check({ byteLength: 0 });
    expect(reasons).toEqual(["byteLength is 0; must be from 1 to 65536"]);
  });
});
