import type * as pulumi from "@pulumi/pulumi";
import { assertNever, type AwsGround } from "../core";
import type { Cluster } from "./cluster";
import { EksCluster, type EksClusterArgs } from "./eks";
import { ExistingCluster, type ExistingClusterArgs } from "./existing";

export * from "./cluster";
export * from "./eks";
export * from "./existing";
export type { VpcConfig } from "./vpc";
export { defaultZones, planZones, vpcCidrProblems } from "./vpc-plan";

/** Every cluster there is, by `kind`. */
export type ClusterConfig = ExistingClusterArgs | EksClusterArgs;

/** The cluster a description asks for. */
export function createCluster(
  name: string,
  config: ClusterConfig,
  opts?: pulumi.ComponentResourceOptions,
): Cluster {
  const { kind } = config;
  switch (kind) {
    case "existing":
      return new ExistingCluster(name, config, opts);
    case "eks":
      return new EksCluster(name, config, opts);
    default:
      return assertNever(kind, ["cluster", "kind"]);
  }
}

/** What a cluster on AWS stands on; undefined anywhere else. */
export const groundOf = (cluster: Cluster): AwsGround | undefined =>
  cluster instanceof EksCluster ? cluster.ground : undefined;
