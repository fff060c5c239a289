import * as pulumi from "@pulumi/pulumi";
import { type Cluster, groundOf } from "./cluster";
import {
  type AwsGround,
  type AwsSite,
  inSite,
  type JoinedSite,
  namespaceOf,
  needed,
  type Network,
  type TestRun,
  type Weights,
} from "./core";
import type { DatabaseConfig, DataPromise } from "./database";
import { createDns, type Dns, type DnsChoice, type DnsTarget } from "./dns";
import { makeFronts } from "./fronts";
import { type ImagesConfig, imagesBeside, type MadeImages, makeImages } from "./images";
import { Peers } from "./peers";
import type { QuorumConfig } from "./quorum";
import {
  type CacheConfig,
  defaultRolloutTimeoutSeconds,
  Region,
  type RegionArgs,
  type RegionRouting,
  regionHealthPath,
  type RegionTransform,
  type ServiceConfig,
} from "./region";
import { type Exposure, type Front, namespaceLabels } from "./routing";
import { Site, type SiteArgs } from "./site";
import { makeWatch } from "./watch";

/** The service: what is built and how it runs. */
export interface TopologyServiceConfig extends ServiceConfig {
  /** What the service says its version is. */
  readonly version: string;
  /**
   * Folder of the Go module, from the program's working directory.
   * @default "services"
   */
  readonly source?: string | undefined;
}

/** What differs from region to region. */
export interface TopologyRegion {
  /** Where the region runs: everything of it is made by this cluster's provider. Replaces the region. */
  readonly cluster: Cluster;
  /**
   * How the other regions reach it.
   * @default unknown: only where there is a quorum, and the region is not on AWS
   */
  readonly network?: Network | undefined;
  /**
   * The region's cache.
   * @default none
   */
  readonly cache?: CacheConfig | undefined;
  readonly routing: RegionRouting;
}

/** A site that votes and serves nobody. */
export interface TopologyWitness {
  readonly name: string;
  /** Where it runs: apart from every region, or it is lost with one. Replaces the voter. */
  readonly cluster: Cluster;
  readonly network: Network;
}

/** The whole system. */
export interface TopologyArgs {
  /** The project and the stack: together the namespace's name in every region. Replaces everything. */
  readonly project: string;
  readonly stack: string;
  /**
   * The test run that all of it was made for, as every object's labels then tell. Changing it changes every pod.
   * @default none: it stays until somebody destroys it
   */
  readonly run?: TestRun | undefined;
  readonly images: ImagesConfig;
  readonly service: TopologyServiceConfig;
  /** Regions by name. */
  readonly regions: Readonly<Record<string, TopologyRegion>>;
  /**
   * The third voter.
   * @default none: only where there is a quorum that runs in pods
   */
  readonly witness?: TopologyWitness | undefined;
  /**
   * Who decides which region is in service and which one writes.
   * @default nobody: every region serves by itself
   */
  readonly quorum?: QuorumConfig | undefined;
  /**
   * The database across regions; needs a quorum.
   * @default none
   */
  readonly database?: DatabaseConfig | undefined;
  /**
   * The name clients ask for; needs a quorum.
   * @default none: clients are told a region's endpoint
   */
  readonly dns?: DnsChoice | undefined;
  /**
   * The last word on what is made in every region.
   * @default nothing is changed
   */
  readonly transform?: RegionTransform | undefined;
}

/** The whole system, in the order in which it comes to be. */
export class Topology extends pulumi.ComponentResource {
  /** Where clients reach each region. */
  readonly endpoints: pulumi.Output<Record<string, string>>;
  /** Desired weight by backend in each region. */
  readonly weights: Readonly<Record<string, Weights>>;
  /** The namespace in each region. */
  readonly namespaces: pulumi.Output<Record<string, string>>;
  /** The service's image by digest, the same in every region; a backend may run another one. */
  readonly image: pulumi.Output<string>;
  /** What the database promises, where there is one. */
  readonly database: DataPromise | undefined;
  /** The name clients ask for, where there is a dns. */
  readonly fqdn: string | undefined;
  readonly version: string;

  constructor(name: string, args: TopologyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:index:Topology", name, {}, opts);
    const { service, transform } = args;

    // 1. Images: made once, so that every region runs the same digests.
    const grounds = groundsOf(args.regions);
    const images = makeImages(name, { ...args, grounds, alsoRun: imagesBeside(args) }, { parent: this });

    // 2. Sites: a place in each region, and from here on only its own cluster's provider.
    const sites = this.sites(name, args, grounds);

    // 3. Peers: what regions share; once, since replication needs everybody's address.
    const peers = this.peers(name, args, images, sites);

    // 4. Regions: cache, then workload, then router; each serves by itself.
    const regions = sites.map(({ region, config, inside, place, front }) => {
      const { web, nginx: router, valkey } = images.in(region);
      const cache = config.cache === undefined ? undefined : { ...config.cache, image: valkey };
      const shared = { database: databaseIn(peers, region), health: peers?.health[region] };
      const regionArgs = {
        region,
        place,
        images: { web, router },
        service,
        cache,
        ...shared,
        front,
        resolver: config.cluster.resolver,
        routing: config.routing,
        transform,
      };
      return { region, place, made: new Region(`${name}-${region}`, regionArgs, inside) };
    });

    // 5. DNS: nothing depends on it.
    const dns = this.dns(name, args, images, sites);

    // 6. Alarms: of what AWS can count.
    makeWatch(name, { sites, peers, dns }, { parent: this });

    this.fqdn = dns?.fqdn;
    const byRegion = <Value>(value: (of: (typeof regions)[number]) => Value): Record<string, Value> =>
      Object.fromEntries(regions.map((of) => [of.region, value(of)]));
    this.endpoints = pulumi.all(byRegion(({ made }) => made.endpoint));
    this.weights = byRegion(({ made }) => made.weights);
    this.namespaces = pulumi.all(byRegion(({ place }) => place.namespace));
    this.image = images.web;
    this.database = peers?.database.promise;
    this.version = service.version;
    const { endpoints, weights, namespaces, image, database, fqdn, version } = this;
    this.registerOutputs({ endpoints, weights, namespaces, image, database, fqdn, version });
  }

  /** A place in every region, and who stands in front of it. */
  private sites(name: string, args: TopologyArgs, grounds: Grounds): SiteOf[] {
    const { regions, dns, database, project, stack, run } = args;
    const label = namespaceOf(project, stack);
    const byPreference = preferredFirst(sorted(regions), database?.preferredWriter);
    const exposed = byPreference.map(([region, { routing }]) => ({
      region,
      routing,
      ground: grounds[region],
    }));
    const fronts = makeFronts(name, { exposed, dns, label }, { parent: this });
    return sorted(regions).map(([region, config]) => {
      const { exposure } = config.routing;
      const front = fronts[region];
      const ground = grounds[region];
      const aws =
        ground === undefined || front === undefined
          ? undefined
          : { ...ground, loadBalancer: front.loadBalancer };
      const siteArgs = { project, stack, region, run, namespaceLabels: namespaceLabels(exposure) };
      return { region, config, front, aws, ...this.site(name, config.cluster, siteArgs, ground) };
    });
  }

  /** A place in a cluster, and how to make something there. */
  private site(name: string, { provider }: Cluster, args: SiteArgs, aws?: AwsGround) {
    const inside = inSite({ provider, ...(aws === undefined ? {} : { aws }) }, this);
    return { inside, place: new Site(`${name}-${args.region}-site`, args, inside) };
  }

  /** What regions share, where they share anything. */
  private peers(
    name: string,
    args: TopologyArgs,
    images: MadeImages,
    sites: readonly SiteOf[],
  ): Peers | undefined {
    const { quorum, database, witness, project, stack, run } = args;
    if (quorum === undefined || database === undefined) return undefined;
    const voters = sites.map((site) => joinedSite(site.region, site.config, site));
    if (witness !== undefined) {
      const { place } = this.site(name, witness.cluster, { project, stack, region: witness.name, run });
      voters.push(joinedSite(witness.name, witness, { place }));
    }
    return new Peers(
      `${name}-peers`,
      {
        sites: Object.fromEntries(voters),
        witness: witness?.name,
        quorum,
        database,
        images: images.ofPeers,
        authority: namespaceOf(project, stack),
      },
      { parent: this },
    );
  }

  /** The name clients ask for, where there is one. */
  private dns(
    name: string,
    args: TopologyArgs,
    images: MadeImages,
    sites: readonly SiteOf[],
  ): Dns | undefined {
    const { dns: config, database, service } = args;
    if (config === undefined) return undefined;
    const answering = sites.map((site) => joinedSite(site.region, site.config, site));
    const preferred = preferredFirst(
      sites.map((site) => [site.region, site] as const),
      database?.preferredWriter,
    );
    return createDns(
      `${name}-dns`,
      {
        config,
        sites: Object.fromEntries(answering),
        targets: preferred.flatMap(
          ([region, { config, aws }]) => dnsTargetOf(region, config.routing.exposure, aws) ?? [],
        ),
        image: images.ofDns,
        rolloutTimeoutSeconds: service.rolloutTimeoutSeconds ?? defaultRolloutTimeoutSeconds,
      },
      { parent: this },
    );
  }
}

/** A region with its place. */
interface SiteOf {
  readonly region: string;
  readonly config: TopologyRegion;
  readonly inside: pulumi.ComponentResourceOptions;
  readonly place: Site;
  /** Who stands in front of it, where that is a load balancer beside the cluster. */
  readonly front: Front | undefined;
  /** What AWS calls its parts, where it is there. */
  readonly aws: AwsSite | undefined;
}

/** What regions on AWS stand on, by name. */
type Grounds = Readonly<Record<string, AwsGround>>;

/** Regions by name: the order in which a description lists them means nothing. */
const sorted = (regions: TopologyArgs["regions"]) =>
  Object.entries(regions).sort(([one], [other]) => (one < other ? -1 : 1));

const groundsOf = (regions: TopologyArgs["regions"]): Grounds =>
  Object.fromEntries(
    sorted(regions).flatMap(([region, { cluster }]) => {
      const ground = groundOf(cluster);
      return ground === undefined ? [] : [[region, ground]];
    }),
  );

/** Where one region is enough for clients, it is the one that writes as long as all is well. */
const preferredFirst = <Of>(
  regions: readonly (readonly [string, Of])[],
  preferred: string | undefined,
): (readonly [string, Of])[] =>
  [...regions].sort(([one], [other]) => Number(other === preferred) - Number(one === preferred));

/** A site as it is joined to the others. */
function joinedSite(
  name: string,
  { cluster, network }: Pick<TopologyRegion, "cluster" | "network">,
  { place, aws }: { readonly place: Site; readonly aws?: AwsSite | undefined },
): [string, JoinedSite] {
  const { provider } = cluster;
  if (aws !== undefined) return [name, { place, provider, aws }];
  const allowed = "an object with address, podCidr, serviceCidr, since the other sites need to reach it";
  const known = needed(network, "the topology", { path: [name, "network"], allowed });
  return [name, { place, provider, network: known }];
}

/** A region's way to the database, once the database is there. */
function databaseIn(peers: Peers | undefined, region: string): RegionArgs["database"] {
  const database = peers?.database.byRegion[region];
  return peers === undefined || database === undefined ? undefined : { ...database, after: peers.database };
}

/** What DNS may answer with for a region; undefined where its address is not known before it is there. */
export function dnsTargetOf(name: string, exposure: Exposure, aws?: AwsSite): DnsTarget | undefined {
  if (aws !== undefined) {
    const { dnsName: host, zoneId } = aws.loadBalancer;
    return { kind: "alias", name, host, zoneId, healthPath: regionHealthPath };
  }
  return exposure.kind === "nodePort"
    ? {
        kind: "address",
        name,
        address: exposure.host,
        healthUrl: `http://${exposure.host}:${exposure.nodePort}${regionHealthPath}`,
      }
    : undefined;
}
