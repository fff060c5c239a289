import * as aws from "@pulumi/aws";
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import {
  type Cluster,
  createCluster,
  databaseRunsInPods,
  namespaceOf,
  ownerLabels,
  quorumRunsInPods,
  type TopologyRegion,
  type TopologyWitness,
} from "../components";
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

type ClusterChoice = StackConfig["regions"][string]["cluster"];

/** One set of providers per region; nothing else in the program makes one. */
export function createProviders(config: StackConfig): Providers {
  const { project, regions, quorum, database } = config;
  const clustered = <Site extends { readonly cluster: ClusterChoice }>(name: string, site: Site) => ({
    ...site,
    cluster: makeCluster(name, site.cluster, config),
  });
  const hasPods =
    (database !== undefined && databaseRunsInPods(database)) ||
    (quorum !== undefined && quorumRunsInPods(quorum));
  const secrets = [
    ...(database === undefined ? [] : [new random.Provider(`${project}-random-provider`)]),
    // Voters and members of our own prove by certificates who they are.
    ...(hasPods ? [new tls.Provider(`${project}-tls-provider`)] : []),
  ];
  const witness = quorum?.kind === "etcd" ? quorum.witness : undefined;
  return {
    shared: [new docker.Provider(`${project}-images-provider`), ...secrets],
    regions: Object.fromEntries(
      Object.entries(regions).map(([name, region]) => [name, clustered(name, region)]),
    ),
    witness: witness === undefined ? undefined : clustered(witness.name, witness),
  };
}

/** A site's cluster; on AWS with a provider that works in its region and in the stack's account, and nowhere else. */
function makeCluster(
  site: string,
  cluster: ClusterChoice,
  { project, stack, aws: account }: StackConfig,
): Cluster {
  const name = `${project}-${site}-cluster`;
  // A rule has told already if there is no account.
  if (cluster.kind === "existing" || account === undefined) return createCluster(name, cluster as never);
  const { accountId } = account;
  const provider = new aws.Provider(`${project}-${site}-aws-provider`, {
    region: cluster.region,
    allowedAccountIds: [accountId],
    defaultTags: { tags: { ...ownerLabels({ project, stack, region: site }) } },
  });
  const clusterName = namespaceOf(project, stack);
  return createCluster(name, { ...cluster, accountId, clusterName }, { providers: [provider] });
}
