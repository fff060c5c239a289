import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "./cluster";
import {
  namespaceOf,
  type Network,
  type PeerSite,
  type TestRun,
  ValidationError,
  type Weights,
} from "./core";
import type { DatabaseConfig, DataPromise } from "./database";
import { createDns, type Dns, type DnsChoice, type DnsTarget } from "./dns";
import { GoImage, MirrorImage } from "./image";
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
import type { Exposure } from "./routing";
import { Site } from "./site";

/** Where images come from and go to. Every one is run by digest, whatever it is named by here. */
export interface ImagesConfig {
  /** Registry and path that images built here are pushed to. */
  readonly registry: string;
  /** Image with Go, to build the service with. */
  readonly builder: string;
  /** Image with nginx 1.27.3 or newer. */
  readonly nginx: string;
  /** Image with valkey. */
  readonly valkey: string;
  /**
   * Image with MySQL 9.7.
   * @default none: only where there is a database
   */
  readonly mysql?: string | undefined;
  /**
   * Image with etcd 3.5.
   * @default none: only where there is a quorum
   */
  readonly etcd?: string | undefined;
  /**
   * Image with PowerDNS 5.1.
   * @default none: only where there is a dns
   */
  readonly powerdns?: string | undefined;
  /**
   * The service, built elsewhere, as `name@sha256:...`.
   * @default built from source
   */
  readonly web?: string | undefined;
  /**
   * The steward, built elsewhere, as `name@sha256:...`.
   * @default built from source
   */
  readonly steward?: string | undefined;
}

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
   * @default unknown: only where there is a quorum
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
   * @default none: only where there is a quorum
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
    const images = makeImages(name, args, { parent: this });

    // 2. Sites: a place in each region, and from here on only its own cluster's provider.
    const sites = sorted(args.regions).map(([region, config]) => ({
      region,
      config,
      ...this.site(name, region, config.cluster, args),
    }));

    // 3. Peers: what regions share; once, since replication needs everybody's address.
    const peers = this.peers(name, args, images, sites);

    // 4. Regions: cache, then workload, then router; each serves by itself.
    const regions = sites.map(({ region, config, inside, place }) => {
      const cache = config.cache === undefined ? undefined : { ...config.cache, image: images.cache };
      const shared = { database: databaseIn(peers, region), health: peers?.health[region] };
      const regionArgs = {
        region,
        place,
        images,
        service,
        cache,
        ...shared,
        routing: config.routing,
        transform,
      };
      return { region, place, made: new Region(`${name}-${region}`, regionArgs, inside) };
    });

    // 5. DNS: nothing depends on it.
    this.fqdn = this.dns(name, args, images, sites)?.fqdn;

    const byRegion = <Value>(value: (of: (typeof regions)[number]) => Value): Record<string, Value> =>
      Object.fromEntries(regions.map((of) => [of.region, value(of)]));
    this.endpoints = pulumi.all(byRegion(({ made }) => made.endpoint));
    this.weights = byRegion(({ made }) => made.weights);
    this.namespaces = pulumi.all(byRegion(({ place }) => place.namespace));
    this.image = pulumi.output(images.web);
    this.database = peers?.database.promise;
    this.version = service.version;
    const { endpoints, weights, namespaces, image, database, fqdn, version } = this;
    this.registerOutputs({ endpoints, weights, namespaces, image, database, fqdn, version });
  }

  /** A place in a cluster, and how to make something there. */
  private site(name: string, site: string, { provider }: Cluster, args: TopologyArgs) {
    const { project, stack, run } = args;
    const inside = { parent: this, providers: [provider] };
    return { inside, place: new Site(`${name}-${site}-site`, { project, stack, region: site, run }, inside) };
  }

  /** What regions share, where they share anything. */
  private peers(
    name: string,
    args: TopologyArgs,
    images: Images,
    sites: readonly SiteOf[],
  ): Peers | undefined {
    const { quorum, database, witness, project, stack } = args;
    if (quorum === undefined || database === undefined || images.peers === undefined) return undefined;
    const voters = sites.map(({ region, config, place }) => peerSite(region, place, config));
    if (witness !== undefined) {
      voters.push(
        peerSite(witness.name, this.site(name, witness.name, witness.cluster, args).place, witness),
      );
    }
    return new Peers(
      `${name}-peers`,
      {
        sites: Object.fromEntries(voters),
        witness: witness?.name,
        quorum,
        database,
        images: images.peers,
        authority: namespaceOf(project, stack),
      },
      { parent: this },
    );
  }

  /** The name clients ask for, where there is one. */
  private dns(name: string, args: TopologyArgs, images: Images, sites: readonly SiteOf[]): Dns | undefined {
    if (args.dns === undefined || images.dns === undefined) return undefined;
    const answering = sites.map(({ region, config, place }) => {
      const [, site] = peerSite(region, place, config);
      return [region, { place, provider: site.provider, address: site.network.address }] as const;
    });
    return createDns(
      `${name}-dns`,
      {
        config: args.dns,
        sites: Object.fromEntries(answering),
        targets: preferredFirst(sites, args.database?.preferredWriter).flatMap(
          ({ region, config }) => dnsTargetOf(region, config.routing.exposure) ?? [],
        ),
        image: images.dns,
        rolloutTimeoutSeconds: args.service.rolloutTimeoutSeconds ?? defaultRolloutTimeoutSeconds,
      },
      { parent: this },
    );
  }
}

/** A region with its place. */
interface SiteOf {
  readonly region: string;
  readonly config: TopologyRegion;
  readonly place: Site;
}

/** Regions by name: the order in which a description lists them means nothing. */
const sorted = (regions: TopologyArgs["regions"]) =>
  Object.entries(regions).sort(([one], [other]) => (one < other ? -1 : 1));

/** Where one region is enough for clients, it is the one that writes as long as all is well. */
const preferredFirst = (sites: readonly SiteOf[], preferred: string | undefined): SiteOf[] =>
  [...sites].sort((one, other) => Number(other.region === preferred) - Number(one.region === preferred));

/** A site as the other sites know it. */
function peerSite(
  name: string,
  place: Site,
  { cluster, network }: Pick<TopologyRegion, "cluster" | "network">,
): [string, PeerSite] {
  if (network === undefined) {
    const allowed = "an object with address, podCidr, serviceCidr, since the other sites need to reach it";
    throw new ValidationError("the topology", [{ path: [name, "network"], found: "missing", allowed }]);
  }
  return [name, { place, provider: cluster.provider, network }];
}

/** A region's way to the database, once the database is there. */
function databaseIn(peers: Peers | undefined, region: string): RegionArgs["database"] {
  const database = peers?.database.byRegion[region];
  return peers === undefined || database === undefined ? undefined : { ...database, after: peers.database };
}

/** What DNS may answer with for a region; undefined where its address is not known before it is there. */
export function dnsTargetOf(name: string, exposure: Exposure): DnsTarget | undefined {
  return exposure.kind === "nodePort"
    ? {
        name,
        address: exposure.host,
        healthUrl: `http://${exposure.host}:${exposure.nodePort}${regionHealthPath}`,
      }
    : undefined;
}

/** Images by digest. */
type Images = ReturnType<typeof makeImages>;

/**
 * The steward's version: of its own, since its binary is also the guard in the database's pods, which no release of the
 * service may restart.
 */
const stewardVersion = "0.1.0";

/** Every image, by digest. */
function makeImages(name: string, args: TopologyArgs, opts: pulumi.ComponentResourceOptions) {
  const { images, service } = args;
  const { registry, builder } = images;
  const mirror = (role: string, image: string | undefined) =>
    new MirrorImage(
      `${name}-${role}`,
      { image: required(role, image), repository: `${registry}/${role}` },
      opts,
    ).ref;
  const { source: context = "services", version } = service;
  const built = (role: string, version: string): pulumi.Output<string> =>
    new GoImage(
      `${name}-${role}`,
      { repository: `${registry}/${role}`, context, command: `cmd/${role}`, version, builder },
      opts,
    ).ref;
  return {
    web: images.web ?? built("web", version),
    router: mirror("nginx", images.nginx),
    cache: mirror("valkey", images.valkey),
    ...(args.database === undefined || args.quorum === undefined
      ? {}
      : {
          peers: {
            steward: images.steward ?? built("steward", stewardVersion),
            database: mirror("mysql", images.mysql),
            quorum: mirror("etcd", images.etcd),
          },
        }),
    ...(args.dns === undefined ? {} : { dns: mirror("powerdns", images.powerdns) }),
  };
}

/** An image that something there needs. */
function required(role: string, image: string | undefined): string {
  if (image !== undefined) return image;
  const allowed = `the name of an image with ${role}, since something here runs it`;
  throw new ValidationError("the topology", [{ path: ["images", role], found: "missing", allowed }]);
}
