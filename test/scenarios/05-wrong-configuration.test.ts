import { wrongDescriptions } from "../stacks/wrong-descriptions";
import { changed, descriptionOf } from "../support/description";
import { type Environment, environment, restore } from "./support/environment";

/** Spread over the whole table, so that every kind of mistake goes through the real engine. */
const chosen = wrongDescriptions.filter((_, index) => index % 2 === 0).slice(0, 20);

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

test.each(chosen)("up refuses %s: %j, and changes nothing", async (path, value, ...sentences) => {
  local.stack.describe(changed(descriptionOf("local"), path, value));
  const refused = await local.stack.up();
  expect(refused.code).toBe(refusedExitCode);
  for (const sentence of sentences) expect(refused.output).toContain(sentence);
  expect(refused.output).not.toMatch(/^\s+at .*\.ts:\d+/m);
  expect(await local.stack.deployment()).toEqual(before);
});
