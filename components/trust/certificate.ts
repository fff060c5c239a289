import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { refuse } from "../core";
import { allowedUses, certificateProblems, type CertificateRequest } from "./certificate-request";
import { certificateValidity } from "./validity";

/** Who vouches for a certificate. */
export interface Issuer {
  readonly caPem: pulumi.Input<string>;
  /** Secret. */
  readonly caKeyPem: pulumi.Input<string>;
}

/** What a {@link Certificate} is made of. */
export interface CertificateArgs extends CertificateRequest {
  readonly issuer: Issuer;
}

/**
 * One identity's key, and its certificate by the stack's authority. Both live in the stack's state, the key encrypted. In
 * the last two of its five years the certificate is made anew, for the same key, by the next `up`.
 */
export class Certificate extends pulumi.ComponentResource {
  readonly identity: string;
  /** The authority to trust. */
  readonly caPem: pulumi.Output<string>;
  readonly certPem: pulumi.Output<string>;
  /** The private key in PKCS#8. Secret. */
  readonly keyPem: pulumi.Output<string>;
  /** Another one whenever the certificate or the authority is; goes into annotations of pods that can't reload them. */
  readonly revision: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    refuse(`certificate ${name}`, certificateProblems(args));
    super("twinstack:trust:Certificate", name, {}, opts);
    const { identity, issuer } = args;

    const key = new tls.PrivateKey(
      `${name}-key`,
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      { parent: this },
    );
    const request = new tls.CertRequest(
      `${name}-request`,
      {
        privateKeyPem: pulumi.secret(key.privateKeyPem),
        subject: { commonName: identity },
        dnsNames: [...args.names],
        ipAddresses: [...(args.addresses ?? [])],
      },
      { parent: this },
    );
    const certificate = new tls.LocallySignedCert(
      `${name}-certificate`,
      {
        caCertPem: issuer.caPem,
        caPrivateKeyPem: issuer.caKeyPem,
        certRequestPem: request.certRequestPem,
        allowedUses: allowedUses(args),
        setSubjectKeyId: true,
        ...certificateValidity,
      },
      { parent: this },
    );

    this.identity = identity;
    this.caPem = pulumi.output(issuer.caPem);
    this.certPem = certificate.certPem;
    this.keyPem = pulumi.secret(key.privateKeyPemPkcs8);
    this.revision = pulumi.all([this.caPem, this.certPem]).apply(revisionOf);
    this.registerOutputs({});
  }
}

const revisionOf = (pems: readonly string[]): string =>
  createHash("sha256").update(pems.join("")).digest("hex").slice(0, 16);
