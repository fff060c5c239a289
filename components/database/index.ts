import type * as pulumi from "@pulumi/pulumi";
import { assertNever, type Path, type Problem } from "../core";
import { type AuroraConfig, auroraProblems } from "./aurora-config";
import { Aurora, type AuroraTransform } from "./aws-aurora";
import type { Database, DatabaseArgs, SiteNames } from "./database";
import { KubernetesMysql, type KubernetesMysqlTransform } from "./kubernetes-mysql";
import { type KubernetesMysqlConfig, kubernetesMysqlProblems } from "./mysql-plan";

export { type AuroraConfig, auroraPromise } from "./aurora-config";
export * from "./aws-aurora";
export * from "./database";
export * from "./kubernetes-mysql";
export { type KubernetesMysqlConfig, type MysqlNodePorts } from "./mysql-plan";
export * from "./replication";

/** Every database there is, by `kind`. */
export type DatabaseConfig = KubernetesMysqlConfig | AuroraConfig;

/** The escape hatch for each kind's children. */
export interface DatabaseTransform {
  readonly mysql?: KubernetesMysqlTransform | undefined;
  readonly aurora?: AuroraTransform | undefined;
}

/** The database a description asks for. */
export function createDatabase(
  name: string,
  config: DatabaseConfig,
  args: DatabaseArgs & { readonly transform?: DatabaseTransform | undefined },
  opts?: pulumi.ComponentResourceOptions,
): Database {
  switch (config.kind) {
    case "mysql":
      return new KubernetesMysql(name, { ...args, database: config, transform: args.transform?.mysql }, opts);
    case "aurora":
      return new Aurora(name, { ...args, database: config, transform: args.transform?.aurora }, opts);
    default:
      return assertNever(config, ["database", "kind"]);
  }
}

/** What is wrong with a database over these sites, beyond the range of each number. */
export function databaseProblems(config: DatabaseConfig, sites: SiteNames, path: Path): Problem[] {
  switch (config.kind) {
    case "mysql":
      return kubernetesMysqlProblems(config, sites, path);
    case "aurora":
      return auroraProblems(config, sites, path);
    default:
      return assertNever(config, [...path, "kind"]);
  }
}

/** Whether members run in pods: they then need an image. */
export function databaseRunsInPods({ kind }: Pick<DatabaseConfig, "kind">): boolean {
  switch (kind) {
    case "mysql":
      return true;
    case "aurora":
      return false;
    default:
      return assertNever(kind, ["database", "kind"]);
  }
}
