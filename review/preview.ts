import { changesBetween, type Operation } from "./changes";
import { shortType } from "./resource-list";
import type { Registered, Run } from "./program";
import { siteOf } from "./sites";
import { count } from "./text";

/** Marks of what happens to a resource, as Pulumi's own. */
const marks: Readonly<Record<Operation, string>> = {
  create: "+ ",
  update: "~ ",
  replace: "+-",
  delete: "- ",
};

/** A resource in the tree: with its mark, where there is something to compare with. */
interface Node {
  readonly resource: Registered;
  readonly operation: Operation | undefined;
}

/** Every resource under its component. */
function tree(nodes: readonly Node[], parent: string | undefined, indent: string): string[] {
  const children = nodes
    .filter(({ resource }) => resource.parent === parent)
    .sort((one, other) => (one.resource.name < other.resource.name ? -1 : 1));
  return children.flatMap(({ resource, operation }, index) => {
    const last = index === children.length - 1;
    const mark = operation === undefined ? "" : ` ${marks[operation]}`;
    return [
      `${indent}${last ? "└─" : "├─"}${mark} ${resource.name}  ${shortType(resource.type)}`,
      ...tree(nodes, resource.name, `${indent}${last ? "  " : "│ "} `),
    ];
  });
}

/** How many there are of each, the most frequent first. */
function tally(names: readonly string[]): string[] {
  const numbers = new Map<string, number>();
  for (const name of names) numbers.set(name, (numbers.get(name) ?? 0) + 1);
  const most = Math.max(...numbers.values(), 0);
  return [...numbers]
    .sort(([one, ones], [other, others]) => others - ones || (one < other ? -1 : 1))
    .map(([name, number]) => `  ${String(number).padStart(String(most).length)} ${name}`);
}

/** What a program declares: the tree by component, then counts by type and by region. */
export function previewText(run: Run, sites: readonly string[]): string {
  const { resources } = run;
  const nodes = resources.map((resource) => ({ resource, operation: undefined }));
  const custom = resources.filter((resource) => resource.custom);
  return [
    ...tree(nodes, undefined, ""),
    "",
    "by type",
    ...tally(custom.map(({ type }) => type)),
    "",
    "by region",
    ...tally(custom.map(({ name }) => siteOf(name, sites) ?? "(shared)")),
    "",
    `${count(custom.length, "resource")} in ${count(resources.length - custom.length, "component")}`,
  ].join("\n");
}

/** What changes from one program to another: the resources touched under their components. */
export function comparisonText(before: Run, after: Run): string {
  const changes = changesBetween(before, after);
  if (changes.length === 0) return "nothing changes";
  const operations = new Map(changes.map(({ resource, operation }) => [resource.name, operation]));
  const known = new Map(
    [...before.resources, ...after.resources].map((resource) => [resource.name, resource] as const),
  );
  const over = (name: string | undefined): string[] =>
    name === undefined ? [] : [name, ...over(known.get(name)?.parent)];
  const shown = new Set(changes.flatMap(({ resource }) => over(resource.name)));
  const nodes = [...known.values()]
    .filter(({ name }) => shown.has(name))
    .map((resource) => ({ resource, operation: operations.get(resource.name) }));
  const custom = changes.filter(({ resource }) => resource.custom);
  return [
    ...tree(nodes, undefined, ""),
    "",
    `${count(custom.length, "resource")} would change:`,
    ...tally(custom.map(({ operation }) => operation)),
  ].join("\n");
}
