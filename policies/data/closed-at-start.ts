import { runs } from "../environment";
import { elements } from "../inputs";
import { type Container, containerName, containersOf, nameOf, notYetKnown, podSpecOf } from "../manifest";
import { mysqlSettingsOf } from "../mysql-settings";
import type { Resource, ResourceRule } from "../rule";

/** Values that open a server to writes before its steward decides. */
const opening: Readonly<Record<string, readonly string[]>> = {
  group_replication_start_on_boot: ["ON", "1"],
  read_only: ["OFF", "0"],
  super_read_only: ["OFF", "0"],
};

function problemsOfFile(resource: Resource): string[] {
  const found = mysqlSettingsOf(resource);
  if (found?.engine !== "mysql") return [];
  const { where, settings } = found;
  const isOpen = (name: string): boolean =>
    opening[name]?.includes(settings[name]?.toUpperCase() ?? "") === true;
  return [
    ...Object.keys(opening)
      .filter(isOpen)
      .map(
        (name) =>
          `${where}: ${name} is ${settings[name] ?? ""}; must be left out: the steward opens the server`,
      ),
    ...(settings["skip_replica_start"]?.toUpperCase() === "ON"
      ? []
      : [`${where}: skip_replica_start is ${settings["skip_replica_start"] ?? "missing"}; must be ON`]),
  ];
}

/** `guard -- mysqld`: the guard starts the server with super_read_only on, and closes it when the lease runs out. */
function isGuarded({ command }: Container & { readonly command?: unknown }): boolean {
  if (command === notYetKnown) return true;
  const words = elements(command);
  const server = words.findIndex((word) => word === notYetKnown || String(word).endsWith("mysqld"));
  return server > 0 && words.slice(0, server).includes("guard");
}

const problemsOfPods = (resource: Resource): string[] =>
  (resource.type.endsWith(":StatefulSet") && runs(resource, "database")
    ? containersOf(podSpecOf(resource))
    : []
  )
    .filter(({ name }) => name === "mysql")
    .filter((container) => !isGuarded(container))
    .map(
      (container) =>
        `${nameOf(resource.props)}: ${containerName(container)} starts without the guard; its command must be ` +
        "steward guard -- mysqld, which starts it with super_read_only on",
    );

export const closedAtStart: ResourceRule = {
  kind: "resource",
  name: "closed-at-start",
  description:
    "A database server starts closed to writes, follows nobody, and runs under the steward's guard.",
  why: "A writer that comes back after a failover would take writes beside the new one: nobody can merge the two.",
  check: (resource) => [...problemsOfFile(resource), ...problemsOfPods(resource)],
};
