import * as pulumi from "@pulumi/pulumi";

/** A cluster on AWS as kubectl knows it. */
export interface EksAccess {
  readonly clusterName: string;
  /** AWS' name of the region. */
  readonly region: string;
  readonly endpoint: pulumi.Input<string>;
  /** The cluster's authority in base 64. */
  readonly certificateAuthority: pulumi.Input<string>;
}

/**
 * A kubeconfig for whoever runs Pulumi: `aws eks get-token` makes a token that lives for minutes out of the credentials
 * they have, so that none is stored.
 */
export function eksKubeconfig(access: EksAccess): pulumi.Output<string> {
  const { clusterName, region, endpoint, certificateAuthority } = access;
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1beta1",
    command: "aws",
    args: ["eks", "get-token", "--cluster-name", clusterName, "--region", region, "--output", "json"],
  };
  return pulumi.jsonStringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": clusterName,
    clusters: [
      {
        name: clusterName,
        cluster: { server: endpoint, "certificate-authority-data": certificateAuthority },
      },
    ],
    contexts: [{ name: clusterName, context: { cluster: clusterName, user: clusterName } }],
    users: [{ name: clusterName, user: { exec } }],
  });
}
