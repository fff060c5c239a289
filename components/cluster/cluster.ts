import type * as pulumi from "@pulumi/pulumi";

/** A place where a region's containers run. */
export interface Cluster extends pulumi.Resource {
  /** Makes a region's objects in this cluster and in no other. */
  readonly provider: pulumi.ProviderResource;
  /** Name or IPv4 address of who resolves names of Services inside the cluster. */
  readonly resolver: string;
}
