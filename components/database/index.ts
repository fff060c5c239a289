import type * as pulumi from "@pulumi/pulumi";
import { assertNever, type Path, type Problem } from "../core";
import type { Database, DatabaseArgs, SiteNames } from "./database";
import { KubernetesMysql, type KubernetesMysqlTransform } from "./kubernetes-mysql";
import { type KubernetesMysqlConfig, kubernetesMysqlProblems } from "./mysql-plan";

export * from "./database";
export * from "./kubernetes-mysql";
export { type KubernetesMysqlConfig, type MysqlNodePorts } from "./mysql-plan";
export * from "./replication";

/** Every database there is, by `kind`. */
export type DatabaseConfig = KubernetesMysqlConfig;

/** The escape hatch for each kind's children. */
export interface DatabaseTransform {
  readonly mysql?: KubernetesMysqlTransform | undefined;
}

/** The database a description asks for. */
export function createDatabase(
  name: string,
  config: DatabaseConfig,
  args: DatabaseArgs & { readonly transform?: DatabaseTransform | undefined },
  opts?: pulumi.ComponentResourceOptions,
): Database {
  switch (config.kind) {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- one kind so far
    case "mysql":
      return new KubernetesMysql(name, { ...args, database: config, transform: args.transform?.mysql }, opts);
    default:
      return assertNever(config.kind, ["database", "kind"]);
  }
}

/** What is wrong with a database over these sites, beyond the range of each number. */
export function databaseProblems(config: DatabaseConfig, sites: SiteNames, path: Path): Problem[] {
  switch (config.kind) {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- one kind so far
    case "mysql":
      return kubernetesMysqlProblems(config, sites, path);
    default:
      return assertNever(config.kind, [...path, "kind"]);
  }
}
