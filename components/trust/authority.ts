import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { Certificate } from "./certificate";
import type { CertificateRequest } from "./certificate-request";
import { authorityValidity } from "./validity";

/** Whom an authority stands for. */
export interface AuthorityArgs {
  /** Its common name. Replaces every certificate of the stack. */
  readonly commonName: string;
}

/**
 * The one authority of a stack: whoever it vouches for belongs to the stack, and nobody else does. Its key (ECDSA, P-256)
 * lives in the stack's state, encrypted, and in no cluster.
 */
export class Authority extends pulumi.ComponentResource {
  /** What the stack's members trust. */
  readonly caPem: pulumi.Output<string>;
  private readonly caKeyPem: pulumi.Output<string>;

  constructor(name: string, { commonName }: AuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:trust:Authority", name, {}, opts);

    const key = new tls.PrivateKey(
      `${name}-key`,
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      { parent: this },
    );
    this.caKeyPem = pulumi.secret(key.privateKeyPem);
    const certificate = new tls.SelfSignedCert(
      `${name}-certificate`,
      {
        privateKeyPem: this.caKeyPem,
        subject: { commonName },
        isCaCertificate: true,
        allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
        setSubjectKeyId: true,
        ...authorityValidity,
      },
      { parent: this },
    );

    this.caPem = certificate.certPem;
    this.registerOutputs({ caPem: this.caPem });
  }

  /**
   * A new identity.
   * @param opts - whose it is; the authority's own where no parent is given
   */
  issue(name: string, request: CertificateRequest, opts?: pulumi.ComponentResourceOptions): Certificate {
    const issuer = { caPem: this.caPem, caKeyPem: this.caKeyPem };
    return new Certificate(name, { ...request, issuer }, { parent: this, ...opts });
  }
}
