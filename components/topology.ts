import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "./cluster";
import type { Weights } from "./core";
import { GoImage, MirrorImage } from "./image";
import {
  type CacheConfig,
  Region,
  type RegionRouting,
  type RegionTransform,
  type ServiceConfig,
} from "./region";
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
   * The service, built elsewhere, as `name@sha256:...`.
   * @default built from source
   */
  readonly web?: string | undefined;
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
   * The region's cache.
   * @default none
   */
  readonly cache?: CacheConfig | undefined;
  readonly routing: RegionRouting;
}

/** The whole system. */
export interface TopologyArgs {
  /** The project and the stack: together the namespace's name in every region. Replaces everything. */
  readonly project: string;
  readonly stack: string;
  readonly images: ImagesConfig;
  readonly service: TopologyServiceConfig;
  /** Regions by name. */
  readonly regions: Readonly<Record<string, TopologyRegion>>;
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
  readonly version: string;

  constructor(name: string, args: TopologyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:index:Topology", name, {}, opts);
    const { project, stack, service, transform } = args;

    // 1. Images: made once, so that every region runs the same digests.
    const images = makeImages(name, args, { parent: this });

    // 2. Sites: a place in each region, and from here on only its own cluster's provider.
    const sites = Object.entries(args.regions).map(([region, config]) => {
      const inside = { parent: this, providers: [config.cluster.provider] };
      const place = new Site(`${name}-${region}-site`, { project, stack, region }, inside);
      return { region, config, inside, place };
    });

    // 3. Regions: cache, then workload, then router; each serves by itself.
    const regions = sites.map(({ region, config, inside, place }) => {
      const cache = config.cache === undefined ? undefined : { ...config.cache, image: images.cache };
      const regionArgs = { region, place, images, service, cache, routing: config.routing, transform };
      return { region, place, made: new Region(`${name}-${region}`, regionArgs, inside) };
    });

    const byRegion = <Value>(value: (of: (typeof regions)[number]) => Value): Record<string, Value> =>
      Object.fromEntries(regions.map((of) => [of.region, value(of)]));
    this.endpoints = pulumi.all(byRegion(({ made }) => made.endpoint));
    this.weights = byRegion(({ made }) => made.weights);
    this.namespaces = pulumi.all(byRegion(({ place }) => place.namespace));
    this.image = pulumi.output(images.web);
    this.version = service.version;
    const { endpoints, weights, namespaces, image, version } = this;
    this.registerOutputs({ endpoints, weights, namespaces, image, version });
  }
}

/** Every image, by digest. */
function makeImages(name: string, { images, service }: TopologyArgs, opts: pulumi.ComponentResourceOptions) {
  const { registry, builder } = images;
  const mirror = (role: string, image: string) =>
    new MirrorImage(`${name}-${role}`, { image, repository: `${registry}/${role}` }, opts).ref;
  const { source: context = "services", version } = service;
  const web = (): pulumi.Output<string> =>
    new GoImage(
      `${name}-web`,
      { repository: `${registry}/web`, context, command: "cmd/web", version, builder },
      opts,
    ).ref;
  return {
    web: images.web ?? web(),
    router: mirror("nginx", images.nginx),
    cache: mirror("valkey", images.valkey),
  };
}
