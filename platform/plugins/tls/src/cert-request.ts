/** `tls.CertRequest`: asks an authority for a certificate. */
import { createHash } from "node:crypto";
import { Attributes, CertificationRequest, CertificationRequestInfo } from "@peculiar/asn1-csr";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Attribute, Extension, Extensions, id_ce_subjectAltName, type Name } from "@peculiar/asn1-x509";

import type { Kind, Made } from "../../support/bridged/kind";
import { textOf } from "../../support/properties";
import { algorithmOf, parsePrivateKey, publicKeyInfo, publicKeyOf, signatureAlgorithm, signed } from "./keys";
import { alternativeNames, nameInputs, subjectOf } from "./names";
import { fromPem, toPem } from "./pem";

const label = "CERTIFICATE REQUEST";
const extensionRequest = "1.2.840.113549.1.9.14";
const writeOnly =
  "it is for keys that Terraform keeps nowhere; use privateKeyPem, which the state holds encrypted";

/** Write-only variants of a key's input, which no stand-in has. */
export const uncoveredKey = (name: string) => ({ [`${name}Wo`]: writeOnly, [`${name}WoVersion`]: writeOnly });

/** The official resource's inputs and outputs. The id is a digest of the request. */
export const certRequest: Kind = {
  type: "tls:index/certRequest:CertRequest",
  schemaVersion: 0,
  inputs: { privateKeyPem: { type: "text", required: true, secret: true }, ...nameInputs },
  uncovered: uncoveredKey("privateKeyPem"),
  computed: { certRequestPem: "open", keyAlgorithm: "open" },
  create: (inputs): Made => {
    const key = parsePrivateKey(textOf(inputs["privateKeyPem"]), "privateKeyPem");
    const subject = subjectOf(inputs);
    const info = new CertificationRequestInfo({
      subject,
      subjectPKInfo: publicKeyInfo(key),
      attributes: new Attributes(requestedExtensions(alternativeNames(inputs, subject))),
    });
    const request = AsnConvert.serialize(
      new CertificationRequest({
        certificationRequestInfo: info,
        signatureAlgorithm: signatureAlgorithm(key),
        signature: signed(AsnConvert.serialize(info), key),
      }),
    );
    return {
      id: createHash("sha1").update(Buffer.from(request)).digest("hex"),
      computed: { certRequestPem: toPem(label, request), keyAlgorithm: algorithmOf(key) },
    };
  },
};

/** What an authority takes from a request. */
export interface Requested {
  readonly subject: Name;
  readonly key: ReturnType<typeof publicKeyOf>;
  readonly names: readonly Extension[];
}

/** Reads a request. Throws when it is none. */
export function parseRequest(pem: string, property: string): Requested {
  const { certificationRequestInfo: info } = AsnConvert.parse(
    fromPem(label, pem, property),
    CertificationRequest,
  );
  // Some leave out what holds nothing, whatever the types say.
  const attributes = info.attributes as Attributes | undefined;
  const extensions = (attributes ?? new Attributes())
    .filter(({ type }) => type === extensionRequest)
    .flatMap(({ values }) => values.flatMap((value) => [...AsnConvert.parse(value, Extensions)]));
  return {
    subject: info.subject,
    key: publicKeyOf(info.subjectPKInfo),
    names: extensions.filter(({ extnID }) => extnID === id_ce_subjectAltName),
  };
}

function requestedExtensions(extensions: Extension[]): Attribute[] {
  if (extensions.length === 0) return [];
  const values = [AsnConvert.serialize(new Extensions(extensions))];
  return [new Attribute({ type: extensionRequest, values })];
}
