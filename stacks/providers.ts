import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import { createCluster, type TopologyRegion, type TopologyWitness } from "../components";
import type { StackConfig } from "./config";

/** Who makes the resources of a stack. */
export interface Providers {
  /** What belongs to no region: images, made on the machine that runs Pulumi, and secrets. */
  readonly shared: pulumi.ProviderResource[];
  /** Every region with its own cluster. */
  readonly regions: Readonly<Record<string, TopologyRegion>>;
  /** The witness with its own cluster, where there is one. */
  readonly witness: TopologyWitness | undefined;
}

/** One set of providers per region; nothing else in the program makes one. */
export function createProviders({ project, regions, quorum, database }: StackConfig): Providers {
  const clustered = <Site extends { readonly cluster: Parameters<typeof createCluster>[1] }>(
    name: string,
    site: Site,
  ) => ({ ...site, cluster: createCluster(`${project}-${name}-cluster`, site.cluster) });
  const secrets =
    database === undefined
      ? []
      : [new random.Provider(`${project}-random-provider`), new tls.Provider(`${project}-tls-provider`)];
  const witness = quorum?.witness;
  return {
    shared: [new docker.Provider(`${project}-images-provider`), ...secrets],
    regions: Object.fromEntries(
      Object.entries(regions).map(([name, region]) => [name, clustered(name, region)]),
    ),
    witness: witness === undefined ? undefined : clustered(witness.name, witness),
  };
}
