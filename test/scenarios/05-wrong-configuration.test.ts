import { alone, peers, wrongDescriptions, wrongPeers } from "../stacks/wrong-descriptions";
import { changed } from "../support/description";
import { type Environment, environment, restore } from "./support/environment";

/** Spread over the whole table, so that every kind of mistake goes through the real engine. */
const every = <Row>(rows: Row[], nth: number): Row[] => rows.filter((_, index) => index % nth === 0);
const chosen: [base: object, path: string, value: unknown, ...sentences: string[]][] = [
  ...every(wrongDescriptions, 4).map((row): (typeof chosen)[number] => [alone, ...row]),
  ...every(wrongPeers, 2).map((row): (typeof chosen)[number] => [peers, ...row]),
].slice(0, 20);

/** What the Pulumi CLI ends with when a program refuses to go on. */
const refusedExitCode = 1;

let local: Environment;
let before: unknown;
beforeAll(async () => {
  local = await environment();
  before = await local.stack.deployment();
});
afterAll(() => restore(local));

test("there are twenty of them", () => {
  expect(chosen).toHaveLength(20);
});

test.each(chosen)("up refuses %#, and changes nothing", async (base, path, value, ...sentences) => {
  local.stack.describe(changed(base, path, value));
  const refused = await local.stack.up();
  expect(refused.code).toBe(refusedExitCode);
  for (const sentence of sentences) expect(refused.output).toContain(sentence);
  expect(refused.output).not.toMatch(/^\s+at .*\.ts:\d+/m);
  expect(await local.stack.deployment()).toEqual(before);
});
