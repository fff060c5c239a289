import type * as pulumi from "@pulumi/pulumi";
import { show, ValidationError } from "./errors";
import type { PeerSite, PeerSites } from "./peer-site";
import type { Place } from "./place";

/** What runs a site on AWS, as far as what joins sites needs to know it. */
export interface AwsSite {
  /** AWS' name of the region, such as eu-central-1. */
  readonly region: string;
  /** The account everything is in: 12 digits. */
  readonly accountId: string;
  /** Makes the site's AWS resources. */
  readonly provider: pulumi.ProviderResource;
  readonly vpcId: pulumi.Input<string>;
  /** The VPC's IPv4 block. */
  readonly vpcCidr: string;
  /** Private subnets, one in each zone. */
  readonly privateSubnetIds: readonly pulumi.Input<string>[];
  /** The security group that pods of the cluster are in. */
  readonly podSecurityGroupId: pulumi.Input<string>;
  /** The cluster that identities of pods are associated in. */
  readonly clusterName: pulumi.Input<string>;
  /** The load balancer in front of the site's routers. */
  readonly loadBalancer: {
    readonly dnsName: pulumi.Input<string>;
    /** Route 53's zone of that name, for an alias. */
    readonly zoneId: pulumi.Input<string>;
    /** The last parts of its ARN, which CloudWatch calls it by. */
    readonly arnSuffix: pulumi.Input<string>;
    /** The same of the group of routers behind it. */
    readonly targetsArnSuffix: pulumi.Input<string>;
  };
}

/** What a region on AWS stands on, before there is a load balancer in front of its routers. */
export interface AwsGround extends Omit<AwsSite, "loadBalancer"> {
  /** Subnets that reach the internet and are reached from it, one in each zone: for load balancers only. */
  readonly publicSubnetIds: readonly pulumi.Input<string>[];
  /** Whether what holds state, or is known by its address, is kept from being deleted. */
  readonly protect: boolean;
}

/** A place on AWS whose services join it to places in other regions. */
export interface AwsPeerSite {
  readonly place: Place;
  /** Makes the Kubernetes objects of this site. */
  readonly provider: pulumi.ProviderResource;
  readonly aws: AwsSite;
}

/** AWS sites by name. */
export type AwsPeerSites = Readonly<Record<string, AwsPeerSite>>;

/** A site that is joined to others: by addresses of nodes, or by AWS. */
export type JoinedSite = PeerSite | AwsPeerSite;

/** Joined sites by name. */
export type JoinedSites = Readonly<Record<string, JoinedSite>>;

/** The sites, each with the network that pods in other clusters reach it by; otherwise one error. */
export function peerSites(sites: JoinedSites, subject: string): PeerSites {
  const found = Object.entries(sites).flatMap(([name, site]) =>
    "network" in site ? [[name, site] as const] : [],
  );
  const allowed = `of sites with a network each, since ${subject} connects their pods`;
  return Object.fromEntries(all(found, sites, allowed, subject));
}

/** The sites, each on AWS; otherwise one error. */
export function awsPeerSites(sites: JoinedSites, subject: string): AwsPeerSites {
  const found = Object.entries(sites).flatMap(([name, site]) =>
    "aws" in site ? [[name, site] as const] : [],
  );
  const allowed = `of sites with a cluster of kind "eks", since ${subject} is a service of AWS`;
  return Object.fromEntries(all(found, sites, allowed, subject));
}

function all<Site>(
  found: (readonly [string, Site])[],
  sites: JoinedSites,
  allowed: string,
  subject: string,
): (readonly [string, Site])[] {
  const names = Object.keys(sites);
  const missing = names.filter((name) => !found.some(([each]) => each === name));
  if (missing.length === 0) return found;
  throw new ValidationError(subject, [
    { path: ["sites"], found: missing.map((name) => show(name)).join(", "), allowed },
  ]);
}
