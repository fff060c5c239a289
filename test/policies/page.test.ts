import { join } from "node:path";
import { rules } from "../../policies/rules";
import { expected } from "../support/golden";
import { policiesPage } from "./page";
import { settingsIn } from "./stack-settings";

const file = join(__dirname, "../../docs/policies.md");
const stacks = ["local", "staging", "production"];

test("docs/policies.md says what the pack says", () => {
  const page = policiesPage(Object.fromEntries(stacks.map((stack) => [stack, settingsIn(stack)])));
  expect(page).toBe(expected(file, page));
});

test("every rule says what must hold and why, in whole sentences", () => {
  for (const { name, description, why } of rules) {
    expect([name, description, why]).toEqual([
      name,
      expect.stringMatching(/^\S.*\.$/),
      expect.stringMatching(/\.$/),
    ]);
  }
});
