import type { Rule } from "../../policies/rule";
import { families } from "../../policies/rules";
import type { Setting } from "../../policies/setting";
import type { Said } from "../../policies/stack-settings";

const titles: Readonly<Record<keyof typeof families, string>> = {
  availability: "Availability",
  security: "Security",
  data: "Data",
  aws: "AWS",
};

const introduction = `# Policies

<!-- Written by \`make policies-doc\` from policies/; a test compares them. -->

The policy pack in \`policies/\` looks at what was really declared, in every preview and update it is named in:

    pulumi preview --stack production --policy-pack policies --policy-pack-config policies/stacks/production.json

A violation says the object, the value found, what is allowed and how to fix it. What can't be known before an update is not
reported in its preview; the update itself looks again. Rules over several objects judge what the program declares, not what
controllers made of it since: a number of pods that is an autoscaler's is no violation.

A rule is **mandatory** (the update is refused), **advisory** (a warning) or **disabled**. A stack's file in
\`policies/stacks/\` sets levels and settings by rule, \`"rule": "advisory"\` or
\`"rule": { "enforcementLevel": "advisory", "setting": 1 }\`; without a file, the defaults below hold.`;

/** A table with columns as wide as their widest cell, as Prettier writes it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Marks of Markdown that a text means as they are. */
const plain = (text: string): string => text.replace(/\*/g, "\\*").replace(/\|/g, "\\|");

const inWords = (value: unknown): string =>
  Array.isArray(value) ? (value.length === 0 ? "none" : value.join(", ")) : String(value);

const settingCell = ({ name, description, default: usual }: Setting): string =>
  `\`${name}\`: ${description} (${inWords(usual)})`;

const ruleRow = ({ name, description, why, level = "mandatory", settings = [] }: Rule): string[] => [
  `\`${name}\``,
  level,
  plain(`${description} ${why}`),
  settings.map(settingCell).map(plain).join("; ") || "-",
];

function section(family: keyof typeof families): string {
  const rules: readonly Rule[] = families[family];
  const head = ["rule", "level", "what must hold, and why", "settings (default)"];
  return `## ${titles[family]} (${rules.length})\n\n${table(head, rules.map(ruleRow))}`;
}

const saidCell = (said: Said | undefined): string => {
  if (said === undefined) return "-";
  if (typeof said === "string") return said;
  return Object.entries(said)
    .map(([name, value]) => `${name} ${inWords(value)}`)
    .join("; ");
};

/** What stacks say otherwise than the defaults. */
function differences(stacks: Readonly<Record<string, Readonly<Record<string, Said>>>>): string {
  const names = Object.keys(stacks);
  const rules = [...new Set(Object.values(stacks).flatMap(Object.keys))].sort();
  const rows = rules.map((rule) => [`\`${rule}\``, ...names.map((stack) => saidCell(stacks[stack]?.[rule]))]);
  return `## What stacks say otherwise\n\n${table(["rule", ...names], rows)}`;
}

/** The page that lists every rule, and what each stack sets. */
export function policiesPage(stacks: Readonly<Record<string, Readonly<Record<string, Said>>>>): string {
  const all = Object.keys(families) as (keyof typeof families)[];
  return `${[introduction, differences(stacks), ...all.map(section)].join("\n\n")}\n`;
}
