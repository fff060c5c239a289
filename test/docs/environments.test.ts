import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Golden, environmentsPage } from "../support/environments";
import { expected } from "../support/golden";

const goldenOf = (stack: string): Golden =>
  JSON.parse(readFileSync(join(__dirname, `../stacks/expected/${stack}.json`), "utf8")) as Golden;

test("docs/environments.md says what the goldens say", () => {
  const goldens = Object.fromEntries(
    ["local", "staging", "production"].map((stack) => [stack, goldenOf(stack)]),
  );
  const page = environmentsPage(goldens);
  expect(page).toBe(expected(join(__dirname, "../../docs/environments.md"), page));
});

test("a difference between environments is a difference on the page", () => {
  const local = goldenOf("local");
  const other = { ...local, outputs: { ...local.outputs, fqdn: "elsewhere.example" } };
  expect(environmentsPage({ one: local, other })).toMatch(
    /clients ask for +\| web\.twinstack\.test +\| elsewhere\.example/,
  );
});
