import { type Change, changesBetween, counts, unprotected } from "./changes";
import { knownLater, mapTexts } from "./made-up";
import { type Detail, resourceLines, shortType, told } from "./resource-list";
import { sitesOf } from "./sites";
import type { Declared } from "./stack";
import { code, count } from "./text";
import { showPath } from "./values";
import { judge, type Verdict } from "./verdict";
import { words } from "./words";

/** What a report is made from. */
export interface ReportArgs {
  /** The stack's name. */
  readonly environment: string;
  /** What a person calls the other side of the comparison. */
  readonly base: string;
  readonly before: Declared;
  readonly after: Declared;
  /**
   * Most characters of the text.
   * @default 65536, which is the most that a comment on GitHub may have
   */
  readonly limit?: number;
}

/** A report, and what decides about failing. */
export interface Report {
  readonly text: string;
  /** Stateful resources that are replaced or deleted. */
  readonly losses: readonly string[];
}

/** Most characters of a comment on GitHub. */
export const commentLimit = 65_536;

/** How much is told, from all to the least; each leaves out less important things than the next. */
const levels: readonly (Detail & { readonly items: number; readonly without?: string })[] = [
  { fields: Infinity, by: "resource", items: Infinity },
  { fields: 3, by: "resource", items: Infinity, without: "all but three fields of each resource" },
  { fields: 0, by: "resource", items: Infinity, without: "fields of resources" },
  { fields: 0, by: "component", items: Infinity, without: "single resources" },
  { fields: 0, by: "type", items: 25, without: "components, and all but the first lines of each list" },
];

const longestLine = 500;

/** Everything a report tells, before it is cut to a length. */
interface Facts extends ReportArgs {
  readonly changes: readonly Change[];
  readonly policies: Verdict;
  /** Violations that the base does not have. */
  readonly added: readonly string[];
}

/** What a change does to an environment, as Markdown; equal input gives equal text. */
export function report(args: ReportArgs): Report {
  const { before, after, limit = commentLimit } = args;
  const later = knownLater([before.run, after.run], [before.description, after.description]);
  const changes = changesBetween(before.run, after.run)
    .filter(({ resource }) => resource.custom)
    .map((change) => ({
      ...change,
      fields: change.fields.map((field) => ({
        ...field,
        before: mapTexts(field.before, later),
        after: mapTexts(field.after, later),
      })),
    }));
  const policies = judge(after.run, args.environment);
  const known = new Set(judge(before.run, args.environment).violations);
  const added = policies.violations.filter((violation) => !known.has(violation));
  const facts = { ...args, changes, policies, added };
  const texts = levels.map((level) => () => render(facts, level));
  const fitting = texts.find((text) => text().length <= limit) ?? texts.at(-1);
  const losses = changes.filter(({ loses }) => loses !== undefined).map(({ resource }) => resource.name);
  return { text: fitting?.() ?? "", losses };
}

function render(facts: Facts, level: (typeof levels)[number]): string {
  const { environment, base, before, after, changes } = facts;
  const sites = [...new Set([...sitesOf(before.description), ...sitesOf(after.description)])];
  const list = resourceLines(changes, [before.run, after.run], sites, level);
  const sections = [
    [`<!-- twinstack-report: ${environment} -->`],
    [`### ${environment}: ${headline(facts)}`],
    ...section("", [policyLine(facts), ...first(violations(facts), level.items)]),
    ...section("", first(losses(facts), level.items)),
    ...section("#### What changes", first(topology(facts), level.items)),
    ...section("#### Resources", list),
    [closing(base, environment, level.without)],
  ];
  const lines = sections.flatMap((lines) => [...lines, ""]).slice(0, -1);
  return `${lines.map((line) => line.slice(0, longestLine)).join("\n")}\n`;
}

const section = (title: string, lines: readonly string[]): (readonly string[])[] =>
  lines.length === 0 ? [] : [title === "" ? lines : [title, "", ...lines]];

/** The first lines, and how many are left out. */
function first(lines: readonly string[], most: number): string[] {
  const left = lines.length - most;
  return left > 0 ? [...lines.slice(0, most), `- and ${count(left, "more line")}`] : [...lines];
}

function headline({ changes, after }: Facts): string {
  const { create, update, replace, delete: gone } = counts(changes);
  if (changes.length === 0) return "nothing changes";
  const same = after.run.resources.filter(({ custom }) => custom).length - create - update - replace;
  const replaced = replace > 0 ? `**${replace} replace**` : "0 replace";
  const deleted = gone > 0 ? `**${gone} delete**` : "0 delete";
  return `${create} create, ${update} update, ${replaced}, ${deleted}, ${same} unchanged`;
}

function policyLine({ policies, added }: Facts): string {
  const found = policies.violations.length;
  const asked = `${policies.rules} rules`;
  if (found === 0) return `Policies: ${asked}, nothing found.`;
  return `Policies: ${asked}, **${count(found, "violation")}**, ${added.length} of them new.`;
}

const violations = ({ policies, added }: Facts): string[] =>
  policies.violations.map((violation) => `- ${added.includes(violation) ? "**new** " : ""}${violation}`);

/** What is lost for good, and what nothing guards any more. */
function losses({ changes, before, after }: Facts): string[] {
  const stateful = changes.filter(({ loses }) => loses !== undefined);
  const bare = unprotected(before.run, after.run);
  return [
    ...(stateful.length > 0 ? [`**Stateful resources are lost:** ${told(stateful)}.`, ""] : []),
    ...stateful.map(loss),
    ...bare.map((name) => `- ${code(name)} is **no longer protected** from being deleted`),
  ];
}

function loss({ operation, resource, fields, follows, loses }: Change): string {
  const because = [
    ...fields.filter(({ replaces }) => replaces).map(({ path }) => code(showPath(path))),
    ...follows.map(code),
  ];
  const why = because.length === 0 ? "" : ` (${because.slice(0, 3).join(", ")})`;
  const guard = resource.protect ? "; it is protected, so that `pulumi up` refuses" : "";
  return `- **${operation}** ${shortType(resource.type)} ${code(resource.name)}${why}: ${loses ?? ""}${guard}`;
}

function topology({ before, after, changes }: Facts): string[] {
  const told = words(before, after).map((sentence) => `- ${sentence}`);
  if (told.length > 0 || changes.length === 0) return told;
  return ["- the description is as it was; the program makes something else of it"];
}

function closing(base: string, environment: string, without: string | undefined): string {
  const compared = `Compared with ${code(base)}, as both programs declare it: no cloud or cluster was asked.`;
  if (without === undefined) return compared;
  const all = code(`make pr-report ENV=${environment} BASE=${base} LIMIT=none`);
  return `${compared} **Trimmed to fit a comment**, without ${without}; ${all} tells all.`;
}
