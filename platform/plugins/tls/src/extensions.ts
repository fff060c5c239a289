/** What a certificate says beyond whose it is. */
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  ExtendedKeyUsage,
  Extension,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyIdentifier,
  KeyUsage,
  SubjectKeyIdentifier,
} from "@peculiar/asn1-x509";

/** Uses that are bits of one extension, from the first bit on. */
const keyUsages = [
  "digital_signature",
  "content_commitment",
  "key_encipherment",
  "data_encipherment",
  "key_agreement",
  "cert_signing",
  "crl_signing",
  "encipher_only",
  "decipher_only",
];

/** Uses that are names in another extension. */
const extendedKeyUsages: Readonly<Record<string, string>> = {
  any_extended: "2.5.29.37.0",
  server_auth: "1.3.6.1.5.5.7.3.1",
  client_auth: "1.3.6.1.5.5.7.3.2",
  code_signing: "1.3.6.1.5.5.7.3.3",
  email_protection: "1.3.6.1.5.5.7.3.4",
  ipsec_end_system: "1.3.6.1.5.5.7.3.5",
  ipsec_tunnel: "1.3.6.1.5.5.7.3.6",
  ipsec_user: "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  ocsp_signing: "1.3.6.1.5.5.7.3.9",
  microsoft_server_gated_crypto: "1.3.6.1.4.1.311.10.3.3",
  netscape_server_gated_crypto: "2.16.840.1.113730.4.1",
  microsoft_commercial_code_signing: "1.3.6.1.4.1.311.2.1.22",
  microsoft_kernel_code_signing: "1.3.6.1.4.1.311.61.1.1",
};

/** Every use there is, by the names that Terraform gives them. */
export const allUses: readonly string[] = [...keyUsages, ...Object.keys(extendedKeyUsages)].sort();

/** An extension; a critical one must be understood by whoever reads it. */
export function extension(extnID: string, value: ArrayBuffer, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(value) });
}

/** What the certificate may be used for. */
export function usageExtensions(uses: readonly string[]): Extension[] {
  const bits = keyUsages.reduce((sum, use, bit) => (uses.includes(use) ? sum | (1 << bit) : sum), 0);
  const extended = uses.flatMap((use) => extendedKeyUsages[use] ?? []);
  return [
    ...(bits === 0 ? [] : [extension(id_ce_keyUsage, AsnConvert.serialize(new KeyUsage(bits)), true)]),
    ...(extended.length === 0
      ? []
      : [extension(id_ce_extKeyUsage, AsnConvert.serialize(new ExtendedKeyUsage(extended)))]),
  ];
}

/** Whether the certificate may vouch for others, and over how many others in between. */
export function authorityExtension(isAuthority: boolean, maxPathLength: number | undefined): Extension {
  const constraints = new BasicConstraints({
    cA: isAuthority,
    ...(isAuthority && maxPathLength !== undefined && maxPathLength >= 0
      ? { pathLenConstraint: maxPathLength }
      : {}),
  });
  return extension(id_ce_basicConstraints, AsnConvert.serialize(constraints), true);
}

/** What the certificate's own key is recognized by. */
export function subjectKeyExtension(keyId: Buffer): Extension {
  const identifier = new SubjectKeyIdentifier(toArrayBuffer(keyId));
  return extension(id_ce_subjectKeyIdentifier, AsnConvert.serialize(identifier));
}

/** What the issuer's key is recognized by. */
export function authorityKeyExtension(keyId: Buffer): Extension {
  const identifier = new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(toArrayBuffer(keyId)) });
  return extension(id_ce_authorityKeyIdentifier, AsnConvert.serialize(identifier));
}

/** What an issuer's key is recognized by, where its certificate tells. */
export function subjectKeyIdIn(extensions: readonly Extension[]): Buffer | undefined {
  const found = extensions.find(({ extnID }) => extnID === id_ce_subjectKeyIdentifier);
  return found === undefined
    ? undefined
    : Buffer.from(AsnConvert.parse(found.extnValue.buffer, SubjectKeyIdentifier).buffer);
}

function toArrayBuffer(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
