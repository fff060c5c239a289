import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { metadataOf, type Place, type Role, type Transform, transformed } from "../core";
import type { Certificate } from "./certificate";

/** Whose certificate goes where. */
export interface TrustSecretArgs {
  readonly place: Place;
  readonly certificate: Certificate;
  /** Who uses it. */
  readonly role: Role;
  /** The Secret's name. Replaces the Secret. */
  readonly secretName: string;
  /**
   * The last word on the Secret.
   * @default nothing is changed
   */
  readonly transform?: Transform<k8s.core.v1.SecretArgs> | undefined;
}

/**
 * A certificate where pods can mount it: `ca.crt`, `tls.crt` and `tls.key`. Its name stays when the content is renewed, and
 * no pod is restarted for that: a restart of every voter in one `up` would be an outage. Kubernetes changes the mounted
 * files within about a minute; who mounts them reads them anew. Mounts with a `subPath` are never changed.
 */
export class TrustSecret extends pulumi.ComponentResource {
  /** To mount: a pod that takes the name from here is made after the Secret. */
  readonly secretName: pulumi.Output<string>;

  constructor(name: string, args: TrustSecretArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:trust:TrustSecret", name, {}, opts);
    const { place, certificate, role } = args;

    const content: k8s.core.v1.SecretArgs = {
      metadata: { ...metadataOf(place, role), name: args.secretName },
      type: "kubernetes.io/tls",
      stringData: {
        "ca.crt": certificate.caPem,
        "tls.crt": certificate.certPem,
        "tls.key": certificate.keyPem,
      },
    };
    const secret = new k8s.core.v1.Secret(`${name}-secret`, transformed(content, args.transform), {
      parent: this,
    });

    this.secretName = secret.metadata.name;
    this.registerOutputs({ secretName: this.secretName });
  }
}
