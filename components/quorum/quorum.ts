import type * as pulumi from "@pulumi/pulumi";
import { type JoinedSites, type Path, type Problem, show } from "../core";
import type { Authority } from "../trust";

/** One who votes, as clients know it. */
export interface Voter {
  /** The name in its certificate and its URL, which every client's hosts file leads to `address`. */
  readonly name: string;
  readonly address: string;
  /** Where clients reach it. */
  readonly url: string;
  /** True where nothing else runs: it votes, and serves nobody. */
  readonly witness: boolean;
}

/** A table's copy in one site. */
export interface QuorumReplica {
  /** The cloud's name of the region that the site is in. */
  readonly region: string;
  /** The whole name of the copy, which rights are given on. */
  readonly arn: string;
}

/** How those who decide get at what a majority agreed on. */
export type QuorumAccess =
  | {
      /** Voters that are asked over the network. */
      readonly kind: "voters";
      /** Voters by site. */
      readonly voters: Readonly<Record<string, Voter>>;
    }
  | {
      /** A table of the cloud's, whose copies agree by themselves before they answer. */
      readonly kind: "table";
      /** Its name, the same in every region. */
      readonly table: string;
      /** Copies by site; where somebody only votes there is none to ask. */
      readonly replicas: Readonly<Record<string, QuorumReplica>>;
    };

/** A store that keeps what a majority of its voters agreed on, and leases that run out. */
export interface Quorum extends pulumi.Resource {
  readonly access: QuorumAccess;
  /** Who does not renew for this long is no longer in service. */
  readonly leaseSeconds: number;
}

/** What every implementation is asked for. */
export interface QuorumTiming {
  /**
   * Who does not renew for this long is no longer in service: a short lease moves sooner, a long one rides out more.
   * @default 5
   */
  readonly leaseSeconds?: number | undefined;
  /**
   * Longest a packet takes to another site and back. An election takes up to twenty times as long.
   * @default 100
   */
  readonly roundTripMilliseconds?: number | undefined;
}

/** What the topology hands to a quorum, whatever its implementation. */
export interface QuorumArgs {
  /** Where a voter runs. Voters can't be exchanged from here: another set of sites is another quorum. */
  readonly sites: JoinedSites;
  /**
   * The site that only votes.
   * @default every site serves
   */
  readonly witness?: string | undefined;
  /**
   * Issues the voters' identities.
   * @default none: only where voters run in pods
   */
  readonly authority?: Authority | undefined;
  /**
   * An image of the voter, by digest.
   * @default none: only where voters run in pods
   */
  readonly image?: pulumi.Input<string> | undefined;
  /** A rollout that takes longer fails `up`, with what the pods say. */
  readonly rolloutTimeoutSeconds: number;
}

const milliseconds = 1000;

/** A voter that hears nothing for ten round trips calls an election. */
export const electionMilliseconds = (roundTripMilliseconds: number): number => 10 * roundTripMilliseconds;

/** A database is closed this long before its lease runs out. */
const fenceSeconds = 1;

/**
 * The shortest lease that outlives an election: it is renewed every fifth of it, the renewal may meet an election that
 * ends only in the second round, and the last second is for fencing.
 */
export function leastLeaseSeconds(roundTripMilliseconds: number): number {
  const elections = (2 * electionMilliseconds(roundTripMilliseconds)) / milliseconds;
  return Math.ceil(((elections + fenceSeconds) * 5) / 4);
}

/** The numbers of a quorum, where nobody said otherwise. */
export const quorumTiming = ({ leaseSeconds = 5, roundTripMilliseconds = 100 }: QuorumTiming) => ({
  leaseSeconds,
  roundTripMilliseconds,
});

/** What is wrong with a quorum's timing. */
export function timingProblems(config: QuorumTiming, path: Path): Problem[] {
  const { leaseSeconds, roundTripMilliseconds } = quorumTiming(config);
  const least = leastLeaseSeconds(roundTripMilliseconds);
  if (leaseSeconds >= least) return [];
  return [
    {
      path: [...path, "leaseSeconds"],
      found: show(leaseSeconds),
      allowed: `at least ${least}`,
      fix: `an election over round trips of ${roundTripMilliseconds} ms would outlast a shorter one`,
    },
  ];
}

/** A voter as somebody wants it. */
export interface PlannedVoter {
  readonly name: string;
  /** What breaks as one: voters of equal domains would be lost together. */
  readonly failureDomain: string;
  readonly witness: boolean;
  /** Where its failure domain stands in what somebody wrote. */
  readonly path: Path;
}

const fewest = 3;
const most = 7;

/** What is wrong with a choice of voters: their number, and two of them where one failure takes both. */
export function voterProblems(voters: readonly PlannedVoter[], path: Path): Problem[] {
  const shared = voters.flatMap((voter, index) => {
    const first = voters.slice(0, index).find((other) => other.failureDomain === voter.failureDomain);
    return first === undefined ? [] : [sharedDomain(voter, first)];
  });
  return [...numberProblems(voters, path), ...shared];
}

function numberProblems(voters: readonly PlannedVoter[], path: Path): Problem[] {
  const count = voters.length;
  if (count % 2 === 1 && count >= fewest && count <= most) return [];
  const names = voters.map(({ name }) => name).join(", ");
  const found = `of ${count === 1 ? "1 voter" : `${count} voters`} (${names})`;
  const allowed = `of an odd number of voters, ${fewest} to ${most}`;
  return [{ path, found, allowed, ...wayOut(voters, path) }];
}

function wayOut(voters: readonly PlannedVoter[], path: Path): Pick<Problem, "fix"> {
  const witness = [...path, "witness"].join(".");
  const hasWitness = voters.some((voter) => voter.witness);
  if (voters.length > most) return { fix: "more voters decide slower and survive little more" };
  if (voters.length % 2 === 0 && !hasWitness) return { fix: `add ${witness}` };
  if (voters.length % 2 === 0) return { fix: `leave ${witness} out, or add a region` };
  return { fix: `one lost voter must leave a majority: add a region and ${witness}` };
}

function sharedDomain({ path, failureDomain, witness }: PlannedVoter, first: PlannedVoter): Problem {
  const allowed = witness ? "a cluster that serves no region" : "a cluster with no other voter";
  const owner = `${first.witness ? "witness" : "region"} ${first.name}`;
  return { path, found: show(failureDomain), allowed, fix: `${owner} is there: one failure would take both` };
}
