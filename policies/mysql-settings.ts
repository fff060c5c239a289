import { elements, follow, input, textOf } from "./inputs";
import { notYetKnown, value } from "./manifest";
import type { Resource } from "./rule";

/** What a database server is told, wherever it is written. */
export interface MysqlSettings {
  /** How a message names where it is written. */
  readonly where: string;
  /** Aurora keeps its own storage and its own replication; `mysql` is a server that is told everything. */
  readonly engine: "mysql" | "aurora";
  /** Names with `_`, without `loose_`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Files of the plugins it loads. */
  readonly plugins: readonly string[];
}

const canonical = (name: string): string =>
  name
    .trim()
    .replaceAll("-", "_")
    .replace(/^loose_/, "");

/** The lines of a `my.cnf` that set something. */
function parse(text: string): (readonly [name: string, value: string])[] {
  return text
    .split("\n")
    .map((line) => /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line))
    .flatMap((found) => (found === null ? [] : [[canonical(found[1] ?? ""), found[2] ?? ""] as const]));
}

/** The settings in a ConfigMap with a `my.cnf`, or in a parameter group of an Aurora cluster; undefined elsewhere. */
export function mysqlSettingsOf(resource: Resource): MysqlSettings | undefined {
  if (resource.type.endsWith(":ConfigMap")) return inFile(resource);
  return resource.type === "aws:rds/clusterParameterGroup:ClusterParameterGroup"
    ? inGroup(resource)
    : undefined;
}

function inFile(resource: Resource): MysqlSettings | undefined {
  const file = value(value(resource.props.data)?.["my.cnf"]);
  if (file === undefined) return undefined;
  const lines = parse(file);
  return {
    where: `${resource.name}: my.cnf`,
    engine: "mysql",
    settings: Object.fromEntries(lines),
    plugins: lines.filter(([name]) => name === "plugin_load_add").map(([, plugin]) => plugin),
  };
}

function inGroup(resource: Resource): MysqlSettings | undefined {
  if (textOf(input(resource, "family"))?.startsWith("aurora-mysql") !== true) return undefined;
  const listed = input(resource, "parameters");
  const parameters = elements(listed).map((each) => [follow(each, "name"), follow(each, "value")] as const);
  if (listed === notYetKnown || parameters.flat().includes(notYetKnown)) return undefined;
  const settings = parameters.map(([name, set]) => [canonical(String(name)), String(set)] as const);
  return { where: resource.name, engine: "aurora", settings: Object.fromEntries(settings), plugins: [] };
}

/** Allowed values by setting; `ON` stands for all that means it to MySQL. */
export type Wanted = Readonly<Record<string, readonly string[]>>;

const isOn = (text: string): boolean => ["1", "on", "true"].includes(text.toLowerCase());

const means = (found: string, wanted: string): boolean =>
  found.toLowerCase() === wanted.toLowerCase() || (wanted === "ON" && isOn(found));

/** One message for each setting that is not as wanted. */
export const unlike = ({ where, settings }: MysqlSettings, wanted: Wanted): string[] =>
  Object.entries(wanted)
    .filter(([name, allowed]) => !allowed.some((each) => means(settings[name] ?? "", each)))
    .map(
      ([name, allowed]) =>
        `${where}: ${name} is ${settings[name] ?? "missing"}; must be ${allowed.join(" or ")}`,
    );
