import * as route53 from "@pulumi/aws/route53";
import * as pulumi from "@pulumi/pulumi";
import {
  type AwsPeerSites,
  awsPeerSites,
  type AwsSite,
  type Path,
  type Problem,
  show,
  type Transform,
  transformed,
  ValidationError,
} from "../core";
import {
  type AliasTarget,
  type Dns,
  type DnsArgs,
  dnsNameProblems,
  type DnsNaming,
  type DnsPolicy,
  type DnsTarget,
  fqdnOf,
} from "./dns";

/** How clients spread over the regions of `active-active`. */
export const spreads = ["latency", "weighted"] as const;
export type Spread = (typeof spreads)[number];

/** Route 53 as the DNS. */
export interface Route53Config extends DnsNaming {
  readonly kind: "route53";
  /** The hosted zone that `zone` is: `Z0123456789ABCDEFGHIJ`. Replaces the records. */
  readonly zoneId: string;
  /**
   * With `active-active`, whether clients go where they are answered soonest, or to each region in equal parts.
   * @default "latency"
   */
  readonly spread?: Spread | undefined;
}

/** {@link Route53Config} and what the topology adds. */
export interface Route53Args extends DnsArgs {
  readonly config: Route53Config;
  /**
   * The last word on a child's arguments, in every region.
   * @default nothing is changed
   */
  readonly transform?: Route53Transform | undefined;
}

/** The escape hatch for each child of a {@link Route53}. */
export interface Route53Transform {
  readonly healthCheck?: Transform<route53.HealthCheckArgs> | undefined;
  readonly record?: Transform<route53.RecordArgs> | undefined;
}

/** An alias to a load balancer is answered with this TTL, whatever anybody says. */
const aliasTtlSeconds = 60;

/** AWS' fastest, from every checker; two failures, since one may be the checker's own. */
const checks = { intervalSeconds: 10, failures: 2 } as const;

/** Route 53's own: four seconds to connect, two more to be answered. */
const checkTimeoutSeconds = 6;

/** For the checkers' votes to reach the servers that answer. AWS gives no number; this is an allowance. */
const publishSeconds = 5;

/**
 * Longest until Route 53 answers by what a region says: it may change just after a question, and the last one that counts
 * may take its whole timeout.
 */
export const route53DetectionSeconds =
  checks.intervalSeconds * checks.failures + checkTimeoutSeconds + publishSeconds;

/** What is wrong with a description for Route 53. */
export function route53Problems(
  config: Route53Config,
  { leaseSeconds }: { readonly leaseSeconds: number },
  path: Path,
): Problem[] {
  return [
    ...dnsNameProblems(config, path),
    ...spreadProblems(config, path),
    ...timingProblems(config, leaseSeconds, path),
  ];
}

function spreadProblems({ policy, spread }: Route53Config, path: Path): Problem[] {
  if (spread === undefined || policy === "active-active") return [];
  const fix = "its clients all go to one region";
  return [
    { path: [...path, "spread"], found: show(spread), allowed: 'left out with policy "failover"', fix },
  ];
}

/** The TTL is AWS' own, so that only the promise can give way. */
function timingProblems({ rtoSeconds }: Route53Config, leaseSeconds: number, path: Path): Problem[] {
  const least = leaseSeconds + route53DetectionSeconds + aliasTtlSeconds;
  if (rtoSeconds >= least) return [];
  const fix = `lease ${leaseSeconds} + detection ${route53DetectionSeconds} + an alias' own TTL ${aliasTtlSeconds} must fit`;
  return [{ path: [...path, "rtoSeconds"], found: show(rtoSeconds), allowed: `at least ${least}`, fix }];
}

/** A region as its record needs to know it. */
interface Answer {
  readonly target: AliasTarget;
  readonly site: AwsSite;
  readonly first: boolean;
}

/** One alias record and one health check a region, in a zone that somebody else made. */
export class Route53 extends pulumi.ComponentResource implements Dns {
  readonly fqdn: string;
  readonly policy: DnsPolicy;
  readonly ttlSeconds: number;
  readonly targets: readonly DnsTarget[];
  readonly healthChecks: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: Route53Args, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:dns:Route53", name, {}, opts);
    const { config, targets } = args;
    const sites = awsPeerSites(args.sites, name);
    const answers = targets.map((target, index) => answerOf(target, index, sites));
    // Route 53 is in no region; the preferred one's provider asks for it.
    const provider = answers[0]?.site.provider;
    const child = { parent: this, ...(provider === undefined ? {} : { provider }) };

    this.healthChecks = Object.fromEntries(
      answers.map((answer) => [
        answer.target.name,
        makeAnswer(`${name}-${answer.target.name}`, answer, args, child),
      ]),
    );
    this.fqdn = fqdnOf(config);
    this.policy = config.policy;
    this.ttlSeconds = aliasTtlSeconds;
    this.targets = targets;
    this.registerOutputs({ fqdn: this.fqdn, policy: this.policy, ttlSeconds: this.ttlSeconds });
  }
}

/** The region behind a target; Route 53 follows load balancers of AWS. */
function answerOf(target: DnsTarget, index: number, sites: AwsPeerSites): Answer {
  const site = sites[target.name];
  if (target.kind === "alias" && site !== undefined) {
    return { target, site: site.aws, first: index === 0 };
  }
  const allowed = "the load balancer of a site that is on AWS";
  throw new ValidationError("Route 53", [
    { path: ["targets", index], found: `an ${target.kind} of ${target.name}`, allowed },
  ]);
}

/** Makes a region's health check and record; gives the check's ID. */
function makeAnswer(
  name: string,
  answer: Answer,
  { config, transform }: Route53Args,
  child: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const check = new route53.HealthCheck(
    `${name}-health-check`,
    transformed(healthCheckArgs(name, answer.target), transform?.healthCheck),
    child,
  );
  new route53.Record(
    `${name}-record`,
    transformed(recordArgs(answer, config, check.id), transform?.record),
    child,
  );
  return check.id;
}

/** Asks the region whether it is in service, through its load balancer and its routers. */
const healthCheckArgs = (name: string, { host, healthPath }: AliasTarget): route53.HealthCheckArgs => ({
  type: "HTTPS",
  fqdn: host,
  port: 443,
  resourcePath: healthPath,
  enableSni: true,
  requestInterval: checks.intervalSeconds,
  failureThreshold: checks.failures,
  tags: { Name: name },
});

function recordArgs(
  answer: Answer,
  config: Route53Config,
  healthCheckId: pulumi.Input<string>,
): route53.RecordArgs {
  const { name, host, zoneId } = answer.target;
  return {
    zoneId: config.zoneId,
    name: fqdnOf(config),
    type: "A",
    setIdentifier: name,
    healthCheckId,
    // The region's own word counts and nothing else, or DNS and database could disagree.
    aliases: [{ name: host, zoneId, evaluateTargetHealth: false }],
    ...choiceOf(answer, config),
  };
}

/** Which of the healthy regions is answered. */
function choiceOf({ site, first }: Answer, { policy, spread = "latency" }: Route53Config) {
  if (policy === "failover") return { failoverRoutingPolicies: [{ type: first ? "PRIMARY" : "SECONDARY" }] };
  return spread === "latency"
    ? { latencyRoutingPolicies: [{ region: site.region }] }
    : { weightedRoutingPolicies: [{ weight: 1 }] };
}
