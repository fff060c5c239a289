import type * as pulumi from "@pulumi/pulumi";
import { assertNever } from "../core";
import type { Cluster } from "./cluster";
import { ExistingCluster, type ExistingClusterArgs } from "./existing";

export * from "./cluster";
export * from "./existing";

/** Every cluster there is, by `kind`. */
export type ClusterConfig = ExistingClusterArgs;

/** The cluster a description asks for. */
export function createCluster(
  name: string,
  config: ClusterConfig,
  opts?: pulumi.ComponentResourceOptions,
): Cluster {
  switch (config.kind) {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- one kind so far
    case "existing":
      return new ExistingCluster(name, config, opts);
    default:
      return assertNever(config.kind, ["cluster", "kind"]);
  }
}
