/** `tls.LocallySignedCert`: what an authority answers to a request. */
import type { KeyObject } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Certificate, type TBSCertificate } from "@peculiar/asn1-x509";

import type { Kind, Made } from "../../support/bridged/kind";
import { textOf } from "../../support/properties";
import { parseRequest, uncoveredKey } from "./cert-request";
import {
  certificateComputed,
  certificateInputs,
  certificateProblems,
  createCertificate,
  renewal,
} from "./certificate";
import { subjectKeyIdIn } from "./extensions";
import { algorithmOf, parsePrivateKey, publicKeyInfo } from "./keys";
import { fromPem } from "./pem";

/** The official resource's inputs and outputs. */
export const locallySignedCert: Kind = {
  type: "tls:index/locallySignedCert:LocallySignedCert",
  schemaVersion: 0,
  inputs: {
    caCertPem: { type: "text", required: true },
    caPrivateKeyPem: { type: "text", required: true, secret: true },
    certRequestPem: { type: "text", required: true },
    ...certificateInputs,
  },
  uncovered: uncoveredKey("caPrivateKeyPem"),
  computed: { ...certificateComputed, caKeyAlgorithm: "open" },
  ...renewal,
  problems: certificateProblems,
  create: (inputs): Made => {
    const { subject, key, names } = parseRequest(textOf(inputs["certRequestPem"]), "certRequestPem");
    const issuerKey = parsePrivateKey(textOf(inputs["caPrivateKeyPem"]), "caPrivateKeyPem");
    const authority = parseAuthority(textOf(inputs["caCertPem"]), issuerKey);
    const { id, computed } = createCertificate(inputs, {
      subject,
      subjectKey: key,
      issuer: authority.subject,
      issuerKey,
      issuerKeyId: subjectKeyIdIn(authority.extensions ?? []),
      names,
    });
    return { id, computed: { ...computed, caKeyAlgorithm: algorithmOf(issuerKey) } };
  },
};

/** Reads an authority's certificate. Throws when it is none, or another key's. */
function parseAuthority(pem: string, key: KeyObject): TBSCertificate {
  const { tbsCertificate } = AsnConvert.parse(fromPem("CERTIFICATE", pem, "caCertPem"), Certificate);
  const bytes = (info: TBSCertificate["subjectPublicKeyInfo"]): Buffer =>
    Buffer.from(AsnConvert.serialize(info));
  if (!bytes(tbsCertificate.subjectPublicKeyInfo).equals(bytes(publicKeyInfo(key)))) {
    throw new Error("caPrivateKeyPem is another key's; must be the key that caCertPem is the certificate of");
  }
  return tbsCertificate;
}
