import type * as pulumi from "@pulumi/pulumi";
import { type Endpoint, type Path, type PeerSites, type Problem, show } from "../core";
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

/** What a steward must know of the members to lead them. */
export interface Stewardship {
  readonly mode: ReplicationMode;
  /** Members by site. */
  readonly members: Readonly<Record<string, Member>>;
  /** Who writes when all are well. */
  readonly preferredWriter: string;
  /** For how long it must be well before it writes again by itself. */
  readonly holdDownSeconds: number;
  /** Writes wait for a lost region for this long before they go on without it. */
  readonly degradeAfterSeconds: number;
}

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
  readonly sites: PeerSites;
  /**
   * The site that only votes.
   * @default every site serves
   */
  readonly witness?: string | undefined;
  /** Issues the members' identities. */
  readonly authority: Authority;
  /** Images by digest: the database's own, and the one with the guard in it. */
  readonly images: { readonly database: pulumi.Input<string>; readonly steward: pulumi.Input<string> };
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
export function memberSites(
  { sites, witness }: Pick<DatabaseArgs, "sites" | "witness">,
  mode: ReplicationMode,
): PeerSites {
  const isMember = (site: string) => site !== witness || needsWitnessMember(mode);
  return Object.fromEntries(Object.entries(sites).filter(([site]) => isMember(site)));
}
