import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Provider, type Resource, violations } from "../../policies/rule";
import { rules } from "../../policies/rules";
import { levelIn, readerIn } from "../../policies/stack-settings";
import { settingsIn } from "./stack-settings";

const folder = join(__dirname, "../stacks/expected");

/** Stacks that have a golden. */
export const goldenStacks: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length));

interface Entry {
  readonly type: string;
  readonly name: string;
  readonly provider?: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

const isLines = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string");

/** Texts of several lines, which goldens show as lists of lines: in data, and as elements of lists. */
function whole(value: unknown, mayBeText = false): unknown {
  if (mayBeText && isLines(value)) return value.join("\n");
  if (Array.isArray(value)) return value.map((each) => whole(each, true));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, key === "data" ? wholeTexts(member) : whole(member)]),
  );
}

const wholeTexts = (data: unknown): unknown =>
  typeof data !== "object" || data === null
    ? data
    : Object.fromEntries(Object.entries(data).map(([key, text]) => [key, whole(text, true)]));

/** What the policies see of a golden: its resources with their providers, and the stack with its outputs. */
export function goldenResources(stack: string): Resource[] {
  const text = readFileSync(join(folder, `${stack}.json`), "utf8");
  const { outputs, resources } = JSON.parse(text) as { outputs: object; resources: Entry[] };
  const regions = new Map(
    resources.map(({ name, inputs }) => [name, inputs["region"] as string | undefined]),
  );
  const providerOf = ({ provider }: Entry): Provider | undefined =>
    provider === undefined ? undefined : { name: provider, region: regions.get(provider) };
  return [
    { type: "pulumi:pulumi:Stack", name: stack, props: outputs },
    ...resources.map((entry) => ({
      type: entry.type,
      name: entry.name,
      props: whole(entry.inputs) as object,
      provider: providerOf(entry),
    })),
  ];
}

/** `rule: message` of every violation that would stop an update of a stack. */
export function stops(stack: string, resources: readonly Resource[]): string[] {
  const settings = settingsIn(stack);
  return rules
    .filter((rule) => levelIn(settings, rule) === "mandatory")
    .flatMap((rule) => {
      const found = violations(rule, resources, readerIn(settings, rule));
      return found.map((message) => `${rule.name}: ${message}`);
    });
}
