import { readdirSync } from "node:fs";
import { join } from "node:path";
import { rules } from "../../policies/rules";
import { goldenResources, goldenStacks, stops } from "./golden-resources";
import { settingsIn } from "./stack-settings";

// The whole pack over every golden, each with the settings of its stack.

test.each(goldenStacks)("the golden of %s breaks no rule", (stack) => {
  const resources = goldenResources(stack);
  expect(resources.length).toBeGreaterThan(100);
  expect(stops(stack, resources)).toEqual([]);
});

const configured = readdirSync(join(__dirname, "../../policies/stacks")).map((file) =>
  file.replace(/\.json$/, ""),
);

const levels = ["mandatory", "advisory", "disabled"];

/** True when a value has the form that a setting's schema asks for: all that the pack's settings use of it. */
function fits(
  schema: { type?: unknown; items?: unknown; minimum?: number; maximum?: number },
  value: unknown,
): boolean {
  if (schema.type === "array")
    return Array.isArray(value) && value.every((each) => fits(schema.items as object, each));
  if (schema.type === "string") return typeof value === "string";
  const { minimum = -Infinity, maximum = Infinity } = schema;
  return Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
}

describe.each(configured)("the settings of %s", (stack) => {
  test.each(Object.entries(settingsIn(stack)))("are right for %s: %j", (name, said) => {
    const rule = rules.find((each) => each.name === name);
    expect(rule).toBeDefined();
    const { enforcementLevel = "mandatory", ...settings } =
      typeof said === "string" ? { enforcementLevel: said } : said;
    expect(levels).toContain(enforcementLevel);
    for (const [key, value] of Object.entries(settings)) {
      const setting = rule?.settings?.find((each) => each.name === key);
      expect([key, value, setting !== undefined && fits(setting.schema, value)]).toEqual([key, value, true]);
    }
  });
});

test("production relaxes nothing", () => {
  const relaxed = Object.entries(settingsIn("production")).filter(
    ([, said]) => typeof said === "string" || said.enforcementLevel !== undefined,
  );
  expect(relaxed).toEqual([]);
});
