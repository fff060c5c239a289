import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { serviceHost } from "../core";
import type { Cluster } from "./cluster";

/** A cluster somebody else made. */
export interface ExistingClusterArgs {
  readonly kind: "existing";
  /** The context of a kubeconfig. Replaces everything in the region. */
  readonly context: string;
  /**
   * The kubeconfig's path.
   * @default what kubectl would use: KUBECONFIG, or ~/.kube/config
   */
  readonly kubeconfigPath?: string | undefined;
}

/** A cluster reached by a kubeconfig; a preview does not need it to be there. */
export class ExistingCluster extends pulumi.ComponentResource implements Cluster {
  readonly provider: k8s.Provider;
  readonly resolver = serviceHost("kube-dns", "kube-system");

  constructor(name: string, args: ExistingClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:cluster:ExistingCluster", name, {}, opts);
    this.provider = new k8s.Provider(
      `${name}-provider`,
      {
        context: args.context,
        // Fields that others own, such as replica counts, are left to them.
        enableServerSideApply: true,
        // A renewed certificate is put in place of the old one: pods that run must not be started anew for it.
        enableSecretMutable: true,
        ...(args.kubeconfigPath === undefined ? {} : { kubeconfig: args.kubeconfigPath }),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
