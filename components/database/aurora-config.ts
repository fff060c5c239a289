import { type Path, type Problem, show } from "../core";
import { type ReplicatedConfig, replicatedProblems, type SiteNames } from "./database";
import type { DataPromise } from "./replication";

/** Aurora MySQL as one global database: a cluster in each region, of which one writes and the other one hands writes on. */
export interface AuroraConfig extends Pick<ReplicatedConfig, "preferredWriter" | "failBack"> {
  readonly kind: "aurora";
  /** A write is acknowledged in its own region; the other one has it a moment later. */
  readonly mode: "async";
  /** Nobody can promise a number. */
  readonly rpoSeconds?: undefined;
  /**
   * Aurora's version. A change upgrades every region, with a break of minutes.
   * @default "8.0.mysql_aurora.3.10.1"
   */
  readonly engineVersion?: string | undefined;
  /** What each instance is: `db.r8g.large`. A change restarts one instance after the other. */
  readonly instanceClass: string;
  /**
   * Instances in each region, each in another zone: with one, the loss of a zone is the loss of the region.
   * @default 2
   */
  readonly instances?: number | undefined;
  /**
   * For how many days the database can be set back to any second.
   * @default 35
   */
  readonly backupRetentionDays?: number | undefined;
  /**
   * Nobody can delete the database, not even `pulumi destroy`, and without it no last snapshot is kept. Destroys data where
   * it is false.
   * @default true
   */
  readonly deletionProtection?: boolean | undefined;
  /**
   * File with the authorities, as PEM, that AWS signs its databases' certificates with in these regions, from the
   * program's working directory: https://truststore.pki.rds.amazonaws.com has one a region.
   */
  readonly certificateAuthorityFile: string;
}

/** The same, with nothing left out. */
export interface AuroraSettings {
  readonly engineVersion: string;
  readonly instanceClass: string;
  readonly instances: number;
  readonly backupRetentionDays: number;
  readonly deletionProtection: boolean;
}

/** The numbers of a description, where nobody said otherwise. */
export const auroraSettings = ({
  engineVersion = "8.0.mysql_aurora.3.10.1",
  instanceClass,
  instances = 2,
  backupRetentionDays = 35,
  deletionProtection = true,
}: AuroraConfig): AuroraSettings => ({
  engineVersion,
  instanceClass,
  instances,
  backupRetentionDays,
  deletionProtection,
});

/** Smaller classes than these can't be part of a global database. */
const instanceClasses = /^db\.[rx][0-9]+[a-z]*\.[0-9]*x?large$/;

/** What is wrong with Aurora over these sites. */
export function auroraProblems(config: AuroraConfig, sites: SiteNames, path: Path): Problem[] {
  const { instanceClass } = config;
  // What got round the compiler is told at run time.
  const rpoSeconds: unknown = config.rpoSeconds;
  const problems = replicatedProblems({ ...config, rpoSeconds: undefined }, sites, path);
  if (rpoSeconds !== undefined) {
    const fix =
      'Aurora acknowledges writes that no other region has: a database of kind "mysql" can promise 0';
    problems.push({ path: [...path, "rpoSeconds"], found: show(rpoSeconds), allowed: "left out", fix });
  }
  if (!instanceClasses.test(instanceClass)) {
    const allowed = "a class of the families r or x, such as db.r8g.large";
    const fix = "no other class can be part of a global database";
    problems.push({ path: [...path, "instanceClass"], found: show(instanceClass), allowed, fix });
  }
  return problems;
}

/** Longest each step of a way back takes. */
const steps = {
  /** Stewards look at the quorum's table every fifth of a lease. */
  looksALease: 5,
  /** "In less than a minute", says https://aws.amazon.com/rds/aurora/global-database; AWS promises no number. */
  takeoverSeconds: 60,
  /** The gate lets clients through to the new writer. */
  routeSeconds: 1,
} as const;

/** From the loss of the writer's region until the other one takes writes, in whole seconds. */
export const auroraRecoverySeconds = (leaseSeconds: number): number =>
  Math.ceil(leaseSeconds + leaseSeconds / steps.looksALease + steps.takeoverSeconds + steps.routeSeconds);

/** What Aurora promises. */
export const auroraPromise = (leaseSeconds: number): DataPromise => ({
  mode: "async",
  rpoSeconds: "unbounded",
  rtoSeconds: auroraRecoverySeconds(leaseSeconds),
});

/** A parameter of every cluster; each takes effect when an instance starts. */
interface Parameter {
  readonly name: string;
  readonly value: string;
  readonly applyMethod: "pending-reboot";
}

/** The engine's own defaults but for these. */
export const auroraParameters: readonly Parameter[] = Object.entries({
  // Every transaction has a name of its own, by which copies are compared, and can leave Aurora row by row.
  binlog_format: "ROW",
  "gtid-mode": "ON",
  enforce_gtid_consistency: "ON",
  // Nobody gets in without TLS, nor with an old one.
  require_secure_transport: "ON",
  tls_version: "TLSv1.2,TLSv1.3",
  // Who came and who changed what may be done, to CloudWatch.
  server_audit_logging: "1",
  server_audit_events: "CONNECT,QUERY_DCL,QUERY_DDL",
  slow_query_log: "1",
}).map(([name, value]) => ({ name, value, applyMethod: "pending-reboot" }));

/** The port that every cluster listens on. */
export const auroraPort = 3306;

/** Of which {@link auroraParameters} are. */
export const auroraFamily = "aurora-mysql8.0";

/** What instances write, by the name of their log. */
export const auroraLogs = ["audit", "error", "slowquery"] as const;
