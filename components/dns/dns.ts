import type * as pulumi from "@pulumi/pulumi";
import { isName, type JoinedSites, type Path, type Problem, show } from "../core";

/**
 * Which of the regions that may be answered are answered.
 *
 * - `active-active`: all of them; clients spread over them.
 * - `failover`: the first of them, in the order the regions are described.
 */
export const dnsPolicies = ["active-active", "failover"] as const;
export type DnsPolicy = (typeof dnsPolicies)[number];

/**
 * One region a name can be answered with, judged by nothing but its health URL:
 *
 * - `healthy`: it says 200.
 * - `refusing`: something is there, but it says anything else or nothing. The region is alive and not in service.
 * - `unreached`: nobody is there to ask.
 *
 * The answer is made of the healthy regions. Where none is, of those not reached: a server that hears its own region
 * refuse and reaches no other is the one cut off, and the majority is where it can't look. Where every region refuses,
 * of all of them: an answer that may still serve reads is better than none.
 */
export type DnsTarget = AddressTarget | AliasTarget;

/** A region that clients reach by an address. */
export interface AddressTarget {
  readonly kind: "address";
  /** The region's name. */
  readonly name: string;
  /** What the name resolves to: an IPv4 address that clients reach. */
  readonly address: string;
  /** Says 200 while the region is in service: `http://198.51.100.7:30080/region-health`. */
  readonly healthUrl: string;
}

/** A region that clients reach by a load balancer, whose addresses come and go. */
export interface AliasTarget {
  readonly kind: "alias";
  /** The region's name. */
  readonly name: string;
  /** The load balancer's own name, whose addresses the name resolves to. */
  readonly host: pulumi.Input<string>;
  /** The zone of that name. */
  readonly zoneId: pulumi.Input<string>;
  /** Says 200 by HTTPS on the load balancer while the region is in service. */
  readonly healthPath: string;
}

/** What every implementation is asked for. */
export interface DnsNaming {
  /** The zone the name is in, such as `example.com`. */
  readonly zone: string;
  /** The name within the zone. */
  readonly name: string;
  readonly policy: DnsPolicy;
  /** Within this time after a region is lost, clients must be told of another. */
  readonly rtoSeconds: number;
}

/** The same, where the answer's TTL is ours to choose. */
export interface DnsConfig extends DnsNaming {
  /** For how long resolvers may keep an answer. */
  readonly ttlSeconds: number;
}

/** What the topology hands to a DNS, whatever its implementation. */
export interface DnsArgs {
  /** Sites that serve, by name. */
  readonly sites: JoinedSites;
  /** Regions the name may be answered with, the preferred one first. */
  readonly targets: readonly DnsTarget[];
  /**
   * Image of the DNS server, by digest.
   * @default none: only where servers run in pods
   */
  readonly image?: pulumi.Input<string> | undefined;
  /** A rollout that takes longer fails `up`, with what the pods say. */
  readonly rolloutTimeoutSeconds: number;
}

/** Answers one name with the regions that are in service. */
export interface Dns extends pulumi.Resource {
  /** The whole name, without a final dot. */
  readonly fqdn: string;
  readonly policy: DnsPolicy;
  /** For how long resolvers may keep an answer. */
  readonly ttlSeconds: number;
  /** Regions the name may be answered with, the preferred one first. */
  readonly targets: readonly DnsTarget[];
  /** IDs of what asks regions for their health, by region; undefined where the servers ask themselves. */
  readonly healthChecks?: Readonly<Record<string, pulumi.Output<string>>> | undefined;
}

/** The parts of the time until clients are told of another region. */
export interface DnsTiming {
  /** Until a region that lost its quorum says so itself. */
  readonly leaseSeconds: number;
  /** Longest until the DNS server has noticed what a region says, or that it says nothing. */
  readonly detectionSeconds: number;
}

/** The whole name of a description. */
export const fqdnOf = ({ name, zone }: Pick<DnsNaming, "name" | "zone">): string => `${name}.${zone}`;

const longestFqdn = 253;
const longestLabel = 63;
const isZone = (zone: string): boolean => zone.split(".").every((label) => isName(label, longestLabel));

/** What is wrong with the names of a description. */
export function dnsNameProblems(config: Pick<DnsNaming, "name" | "zone">, path: Path): Problem[] {
  const { zone, name } = config;
  const label = `lower-case letters, digits and inner hyphens that start with a letter`;
  const problems: Problem[] = [];
  if (!isZone(zone)) {
    problems.push({
      path: [...path, "zone"],
      found: show(zone),
      allowed: `names of 1 to ${longestLabel} ${label}, joined by dots`,
    });
  }
  if (!isName(name, longestLabel)) {
    problems.push({
      path: [...path, "name"],
      found: show(name),
      allowed: `one name of 1 to ${longestLabel} ${label}`,
    });
  }
  if (problems.length === 0 && fqdnOf(config).length > longestFqdn) {
    problems.push({
      path: [...path, "zone"],
      found: show(zone),
      allowed: "shorter: DNS takes 253 characters",
    });
  }
  return problems;
}

/** What is wrong with a TTL that keeps clients longer at a lost region than they may be. */
function timingProblems(
  { ttlSeconds, rtoSeconds }: DnsConfig,
  { leaseSeconds, detectionSeconds }: DnsTiming,
  path: Path,
): Problem[] {
  const taken = leaseSeconds + detectionSeconds;
  const most = rtoSeconds - taken;
  const sum = `lease ${leaseSeconds} + detection ${detectionSeconds} + TTL must fit dns.rtoSeconds ${rtoSeconds}`;
  if (most < 1) {
    return [
      {
        path: [...path, "rtoSeconds"],
        found: show(rtoSeconds),
        allowed: `at least ${taken + 1}`,
        fix: sum,
      },
    ];
  }
  return ttlSeconds <= most
    ? []
    : [{ path: [...path, "ttlSeconds"], found: show(ttlSeconds), allowed: `at most ${most}`, fix: sum }];
}

/** What is wrong with a description beyond the range of each value, for any implementation. */
export function dnsConfigProblems(config: DnsConfig, timing: DnsTiming, path: Path): Problem[] {
  return [...dnsNameProblems(config, path), ...timingProblems(config, timing, path)];
}
