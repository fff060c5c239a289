/** Private keys: what kind they are, how they sign, how X.509 tells them apart. */
import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier, SubjectPublicKeyInfo } from "@peculiar/asn1-x509";

/** Algorithms by the names that Terraform gives them. */
export type Algorithm = "RSA" | "ECDSA" | "ED25519";

/** Elliptic curves by the names that Terraform gives them. */
export const curves = {
  P224: "secp224r1",
  P256: "prime256v1",
  P384: "secp384r1",
  P521: "secp521r1",
} as const;

const algorithms: Readonly<Record<string, Algorithm>> = { rsa: "RSA", ec: "ECDSA", ed25519: "ED25519" };

/** The key in a PEM text: PKCS#1, SEC 1 or PKCS#8, not encrypted. Throws, without the text, for anything else. */
export function parsePrivateKey(pem: string, property: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    algorithmOf(key);
    return key;
  } catch {
    // Without its cause, which may quote the key.
    const allowed = "an RSA, ECDSA or Ed25519 key in PEM, without a passphrase";
    throw new Error(`${property} is no private key that can be read; must be ${allowed}`);
  }
}

/** Which algorithm a key is for. */
export function algorithmOf(key: KeyObject): Algorithm {
  const algorithm = algorithms[key.asymmetricKeyType ?? ""];
  if (algorithm === undefined) throw new Error(`${key.asymmetricKeyType ?? "a secret"} keys are not covered`);
  return algorithm;
}

/** The public half, as certificates hold it. */
export function publicKeyInfo(key: KeyObject): SubjectPublicKeyInfo {
  const half = key.type === "private" ? createPublicKey(key) : key;
  return AsnConvert.parse(half.export({ type: "spki", format: "der" }), SubjectPublicKeyInfo);
}

/** The key of a certificate or a request. */
export function publicKeyOf(info: SubjectPublicKeyInfo): KeyObject {
  return createPublicKey({ key: Buffer.from(AsnConvert.serialize(info)), format: "der", type: "spki" });
}

/** What a certificate's issuer is recognized by: a digest of the public key alone. */
export function subjectKeyId(key: KeyObject): Buffer {
  const bits = Buffer.from(publicKeyInfo(key).subjectPublicKey);
  // The Terraform provider takes Ed25519 keys with the header of an octet string.
  const hashed = algorithmOf(key) === "ED25519" ? Buffer.concat([Buffer.from([4, bits.length]), bits]) : bits;
  return createHash("sha1").update(hashed).digest();
}

/** Signs `data`, with the digest that fits the key's strength. */
export function signed(data: ArrayBuffer, key: KeyObject): ArrayBuffer {
  const { digest } = schemeOf(key);
  return new Uint8Array(sign(digest, Buffer.from(data), key)).buffer;
}

/** How a signature by the key is told in what is signed. */
export function signatureAlgorithm(key: KeyObject): AlgorithmIdentifier {
  const { oid, hasParameters } = schemeOf(key);
  return new AlgorithmIdentifier({ algorithm: oid, ...(hasParameters === true ? { parameters: null } : {}) });
}

interface Scheme {
  /** Null where the algorithm has its own. */
  readonly digest: string | null;
  readonly oid: string;
  readonly hasParameters?: true;
}

function schemeOf(key: KeyObject): Scheme {
  switch (algorithmOf(key)) {
    case "RSA":
      return { digest: "sha256", oid: "1.2.840.113549.1.1.11", hasParameters: true };
    case "ED25519":
      return { digest: null, oid: "1.3.101.112" };
    case "ECDSA":
      return ecdsaScheme(key.asymmetricKeyDetails?.namedCurve);
  }
}

function ecdsaScheme(curve: string | undefined): Scheme {
  switch (curve) {
    case curves.P384:
      return { digest: "sha384", oid: "1.2.840.10045.4.3.3" };
    case curves.P521:
      return { digest: "sha512", oid: "1.2.840.10045.4.3.4" };
    default:
      return { digest: "sha256", oid: "1.2.840.10045.4.3.2" };
  }
}
