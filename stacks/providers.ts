import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { createCluster, type TopologyRegion } from "../components";
import type { StackConfig } from "./config";

/** Who makes the resources of a stack. */
export interface Providers {
  /** Builds and pushes images, on the machine that runs Pulumi. */
  readonly images: pulumi.ProviderResource;
  /** Every region with its own cluster. */
  readonly regions: Readonly<Record<string, TopologyRegion>>;
}

/** One set of providers per region; nothing else in the program makes one. */
export function createProviders({ project, regions }: StackConfig): Providers {
  return {
    images: new docker.Provider(`${project}-images-provider`),
    regions: Object.fromEntries(
      Object.entries(regions).map(([name, region]) => [
        name,
        { ...region, cluster: createCluster(`${project}-${name}-cluster`, region.cluster) },
      ]),
    ),
  };
}
