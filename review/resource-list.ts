import { type Change, counts, type Operation, operations, type ResourceField } from "./changes";
import { lineChanges } from "./lines";
import type { Run } from "./program";
import { siteOf } from "./sites";
import { code, count, masking, shown } from "./text";
import { isNamed, showPath } from "./values";

/** How much is told of each resource. */
export interface Detail {
  /** Fields told of one resource; replacing ones first. */
  readonly fields: number;
  /** One line for every resource, for every component, or for every type. */
  readonly by: "resource" | "component" | "type";
}

const longestTextDiff = 12;

/** A type as people say it: `Deployment`, `rds.Cluster`. */
export function shortType(type: string): string {
  const [provider = "", module = "", kind = type] = type.split(":");
  if (module === "providers") return `${kind} provider`;
  return provider === "aws" ? `${module.split("/")[0] ?? ""}.${kind}` : kind;
}

const strong = (operation: Operation): string =>
  operation === "replace" || operation === "delete" ? `**${operation}**` : operation;

/** `2 create, 1 **replace**`: what there is of each operation. */
export const told = (changes: readonly Change[]): string =>
  operations
    .map((operation) => [counts(changes)[operation], operation] as const)
    .filter(([number]) => number > 0)
    .map(([number, operation]) => `${number} ${strong(operation)}`)
    .join(", ");

/** Groups in the order of their keys. */
function grouped(changes: readonly Change[], keyOf: (change: Change) => string): [string, Change[]][] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) groups.set(keyOf(change), [...(groups.get(keyOf(change)) ?? []), change]);
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Lines of the list of resources. */
export function resourceLines(
  changes: readonly Change[],
  runs: readonly Run[],
  sites: readonly string[],
  { fields, by }: Detail,
): string[] {
  if (by === "type") {
    return grouped(changes, ({ resource }) => shortType(resource.type)).map(
      ([type, group]) => `- ${type}: ${told(group)}`,
    );
  }
  const types = new Map(runs.flatMap(({ resources }) => resources).map(({ name, type }) => [name, type]));
  return grouped(changes, ({ resource }) => resource.parent ?? "the stack").flatMap(([component, group]) => {
    const site = siteOf(component, sites);
    const what = [shortType(types.get(component) ?? "pulumi:pulumi:Stack"), site ?? "all sites"].join(", ");
    const heading = `- ${code(component)} (${what}): ${told(group)}`;
    return by === "component"
      ? [heading]
      : [heading, ...group.flatMap((change) => resourceOf(change, fields))];
  });
}

function resourceOf({ operation, resource, fields, follows }: Change, most: number): string[] {
  const because = follows.length === 0 ? "" : `, since it is made from ${follows.map(code).join(", ")}`;
  const line = `  - ${strong(operation)} ${shortType(resource.type)} ${code(resource.name)}${because}`;
  if (most === 0) return [line];
  const ordered = [...fields].sort((one, other) => Number(other.replaces) - Number(one.replaces));
  const left = ordered.length - most;
  return [
    line,
    ...ordered.slice(0, most).flatMap(fieldLines),
    ...(left > 0 ? [`    - and ${count(left, "more field")}`] : []),
  ];
}

function fieldLines({ path, before, after, replaces }: ResourceField): string[] {
  // The value of a named thing is called by that name.
  const key = String(path.at(-1) === "value" && isNamed(path.at(-2)) ? path.at(-2) : path.at(-1));
  const place = `    - ${code(showPath(path))}${replaces ? " **(replaces)**" : ""}`;
  const [old, now] = [masking(before, key), masking(after, key)];
  if (typeof old === "string" && typeof now === "string" && `${old}${now}`.includes("\n")) {
    return [`${place}:`, ...textDiff(old, now)];
  }
  if (before === undefined) return [`${place} added: ${shown(after, key)}`];
  if (after === undefined) return [`${place} removed: ${shown(before, key)}`];
  const [from, to] = [shown(before, key), shown(after, key)];
  return [from === to ? `${place}: another ${to}` : `${place}: ${from} to ${to}`];
}

function textDiff(before: string, after: string): string[] {
  const changes = lineChanges(before, after).map((line) =>
    line.replace(/`{3,}/g, "'''").slice(0, 200).trimEnd(),
  );
  const left = changes.length - longestTextDiff;
  const lines = [
    ...changes.slice(0, longestTextDiff),
    ...(left > 0 ? [`  ... and ${count(left, "more line")}`] : []),
  ];
  return ["```diff", ...lines, "```"].map((line) => `      ${line}`);
}
