import type * as pulumi from "@pulumi/pulumi";
import { type Endpoint, type JoinedSites, type Path, type Problem, show } from "../core";
import type { Authority } from "../trust";
import {
  type DataPromise,
  needsWitnessMember,
  type Replication,
  type ReplicationMode,
  replicationProblems,
} from "./replication";

/** Accounts for the service's pods: `app` reads and writes rows, `migrate` changes the schema too, `probe` writes one row. */
export type ServiceAccountName = "app" | "migrate" | "probe";

/** Accounts of those who keep the database: `steward` leads the members, `replication` is what they follow each other with. */
export type KeeperAccountName = "steward" | "replication";

/** Accounts of a database that is run for us: `admin` makes the others, each with the password that its Secret has. */
export type ManagedAccountName = ServiceAccountName | "admin" | "steward";

/** How a region's pods reach the database. */
export interface RegionDatabase {
  /** Follows the writer, wherever it is. Without a writer nobody answers. */
  readonly writer: Endpoint;
  /** The region's own copy, which may lag; the writer while that copy is of no use. */
  readonly reader: Endpoint;
  /** The database that the service's rows are in. */
  readonly databaseName: string;
  /** Secrets with `username` and `password`. */
  readonly accounts: Readonly<Record<ServiceAccountName, pulumi.Output<string>>>;
  /** ConfigMap with `ca.crt`, which the database's certificates are checked against. */
  readonly authorityConfigName: pulumi.Output<string>;
  /**
   * The name in those certificates.
   * @default the host that is connected to
   */
  readonly serverName?: pulumi.Output<string> | undefined;
  /**
   * Variables that every session sets before its first statement.
   * @default none
   */
  readonly session?: Readonly<Record<string, string>> | undefined;
}

/** One who keeps a copy of the data, as a steward leads it. */
export interface Member {
  /** The name in its certificate, by which the other sites know it. */
  readonly name: string;
  /** Where other sites reach it. */
  readonly address: string;
  readonly port: number;
  /** True where it only votes: it never serves. */
  readonly witness: boolean;
  /** Where its own site's steward reaches it. */
  readonly local: {
    readonly host: string;
    readonly adminPort: number;
    /** URL of the guard, which opens and closes it. */
    readonly guard: string;
  };
  /** Secrets of its site with `username` and `password`. */
  readonly accounts: Readonly<Record<KeeperAccountName, pulumi.Output<string>>>;
}

/** One region's part of a database that is run for us, as a steward leads clients to it. */
export interface ManagedMember {
  /** Its name in its region. */
  readonly cluster: string;
  /** The whole name of it, which rights are given on. */
  readonly arn: string;
  /** Where it takes writes while its region is the one that writes; nobody answers there otherwise. */
  readonly writer: pulumi.Output<string>;
  /** Where it is read and, while another region writes, takes writes to hand on. */
  readonly reader: pulumi.Output<string>;
  /** ConfigMap with `ca.crt`, which its certificates are checked against. */
  readonly authorityConfigName: pulumi.Output<string>;
  /** Secrets of its site with `username` and `password`. */
  readonly accounts: Readonly<Record<ManagedAccountName, pulumi.Output<string>>>;
}

/** What a steward must know, whoever runs the members. */
interface Leadership {
  readonly mode: ReplicationMode;
  /** Who writes when all are well. */
  readonly preferredWriter: string;
  /** For how long it must be well before it writes again by itself. */
  readonly holdDownSeconds: number;
}

/** Members in pods: a guard beside each opens and closes it. */
export interface GuardedStewardship extends Leadership {
  readonly kind: "guarded";
  /** Members by site. */
  readonly members: Readonly<Record<string, Member>>;
  /** Writes wait for a lost region for this long before they go on without it. */
  readonly degradeAfterSeconds: number;
}

/** Members that are run for us: the steward stands between them and the clients, and has another region take over. */
export interface ManagedStewardship extends Leadership {
  readonly kind: "managed";
  /** The name of all of it. */
  readonly name: string;
  /** The whole name of it, which rights are given on. */
  readonly arn: string;
  /** Members by site. */
  readonly members: Readonly<Record<string, ManagedMember>>;
}

/** What a steward must know of the members to lead them. */
export type Stewardship = GuardedStewardship | ManagedStewardship;

/** One database over several regions: one of them writes, each of them reads. */
export interface Database extends pulumi.Resource {
  /** How each serving region reaches it. */
  readonly byRegion: Readonly<Record<string, RegionDatabase>>;
  readonly promise: DataPromise;
  readonly stewardship: Stewardship;
}

/** What every implementation is asked for. */
export type ReplicatedConfig = Replication & {
  /** The region that writes when all are well. */
  readonly preferredWriter: string;
  /**
   * When the preferred region writes again after it was lost.
   * @default after 60 s
   */
  readonly failBack?:
    | {
        /** For how long it must be in step with the writer without a break. */
        readonly holdDownSeconds: number;
      }
    | undefined;
  /**
   * With `semi-sync`, writes wait for a lost region for this long before they go on without it, and without the promise.
   * @default 5
   */
  readonly degradeAfterSeconds?: number | undefined;
};

/** What the topology hands to a database, whatever its implementation. */
export interface DatabaseArgs {
  /** Where copies are kept; the witness has one only where the mode needs it. */
  readonly sites: JoinedSites;
  /**
   * The site that only votes.
   * @default every site serves
   */
  readonly witness?: string | undefined;
  /**
   * Issues the members' identities.
   * @default none: only where members run in pods
   */
  readonly authority?: Authority | undefined;
  /**
   * Images by digest: the database's own, and the one with the guard in it.
   * @default none: only where members run in pods
   */
  readonly images?:
    { readonly database: pulumi.Input<string>; readonly steward: pulumi.Input<string> } | undefined;
  /** The quorum's lease, which bounds the way back. */
  readonly leaseSeconds: number;
  /** A rollout that takes longer fails `up`, with what the pods say. */
  readonly rolloutTimeoutSeconds: number;
}

/** Sites that serve, and the one that only votes. */
export interface SiteNames {
  readonly regions: readonly string[];
  readonly witness?: string | undefined;
}

/** Regions that a steward can lead: one writes, the other one waits. */
const servingRegions = 2;

/** What is wrong with a replication over these sites. */
export function replicatedProblems(config: ReplicatedConfig, sites: SiteNames, path: Path): Problem[] {
  const { mode, preferredWriter } = config;
  const { regions, witness } = sites;
  const problems = replicationProblems(config, path);
  if (!regions.includes(preferredWriter)) {
    const allowed = `a region that serves: ${regions.join(" or ")}`;
    problems.push({ path: [...path, "preferredWriter"], found: show(preferredWriter), allowed });
  }
  if (regions.length !== servingRegions) {
    const found = `over ${regions.length === 1 ? "1 region" : `${regions.length} regions`} (${regions.join(", ")})`;
    const fix = "one writes and the other one takes over: add or remove regions, or leave the database out";
    problems.push({ path, found, allowed: `over ${servingRegions} regions`, fix });
  } else if (needsWitnessMember(mode) && witness === undefined) {
    const found = `${show(mode)} with ${regions.length} members (${regions.join(", ")})`;
    const fix = "two have no majority without both: add quorum.witness";
    problems.push({ path: [...path, "mode"], found, allowed: `${show(mode)} with 3 members`, fix });
  }
  return problems;
}

/** Sites that keep a copy. */
export function memberSites<Site>(
  {
    sites,
    witness,
  }: { readonly sites: Readonly<Record<string, Site>>; readonly witness?: string | undefined },
  mode: ReplicationMode,
): Readonly<Record<string, Site>> {
  const isMember = (site: string) => site !== witness || needsWitnessMember(mode);
  return Object.fromEntries(Object.entries(sites).filter(([site]) => isMember(site)));
}

/** The names of the sites that a database is over. */
export const siteNames = ({ sites, witness }: Pick<DatabaseArgs, "sites" | "witness">): SiteNames => ({
  regions: Object.keys(sites).filter((site) => site !== witness),
  witness,
});

/** For how long the preferred region must be well before it writes again, where nobody said otherwise. */
export const holdDownSecondsOf = ({ failBack }: Pick<ReplicatedConfig, "failBack">): number =>
  failBack?.holdDownSeconds ?? 60;
