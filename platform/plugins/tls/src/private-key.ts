/** `tls.PrivateKey`: a new key, in every format there is for it. */
import { createHash, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

import type { Kind, Made } from "../../support/bridged/kind";
import { textOf, type Properties, type Value } from "../../support/properties";
import { algorithmOf, curves } from "./keys";
import { openSshKey } from "./openssh";

const generate = promisify(generateKeyPair);

const oneOf =
  (names: readonly string[]) =>
  (value: Value): string | undefined =>
    names.includes(textOf(value)) ? undefined : `one of ${names.join(", ")}`;

/** The official resource's inputs and outputs. The id is a digest of the public key. */
export const privateKey: Kind = {
  type: "tls:index/privateKey:PrivateKey",
  schemaVersion: 1,
  inputs: {
    algorithm: { type: "text", required: true, allowed: oneOf(["RSA", "ECDSA", "ED25519"]) },
    ecdsaCurve: { type: "text", default: "P224", allowed: oneOf(Object.keys(curves)) },
    rsaBits: {
      type: "whole",
      default: 2048,
      allowed: (value) =>
        Number(value) >= 1024 && Number(value) <= 16384 ? undefined : "from 1024 to 16384",
    },
  },
  computed: {
    privateKeyOpenssh: "secret",
    privateKeyPem: "secret",
    privateKeyPemPkcs8: "secret",
    publicKeyFingerprintMd5: "open",
    publicKeyFingerprintSha256: "open",
    publicKeyOpenssh: "open",
    publicKeyPem: "open",
  },
  create: async (inputs) => keyOutputs(await newKey(inputs)),
};

async function newKey({ algorithm, ecdsaCurve, rsaBits }: Properties): Promise<KeyObject> {
  switch (algorithm) {
    case "RSA":
      return (await generate("rsa", { modulusLength: Number(rsaBits) })).privateKey;
    case "ED25519":
      return (await generate("ed25519")).privateKey;
    default:
      return (await generate("ec", { namedCurve: curves[ecdsaCurve as keyof typeof curves] })).privateKey;
  }
}

/** A key in every format: its id, and the outputs of the resource. */
export function keyOutputs(key: KeyObject): Made {
  const open = createPublicKey(key);
  const openSsh = openSshKey(key);
  return {
    id: createHash("sha1")
      .update(open.export({ type: "spki", format: "der" }))
      .digest("hex"),
    computed: {
      privateKeyOpenssh: openSsh.privateKey,
      privateKeyPem: key.export({ type: traditionalFormat(key), format: "pem" }).toString(),
      privateKeyPemPkcs8: key.export({ type: "pkcs8", format: "pem" }).toString(),
      publicKeyFingerprintMd5: openSsh.fingerprintMd5,
      publicKeyFingerprintSha256: openSsh.fingerprintSha256,
      publicKeyOpenssh: openSsh.publicKey,
      publicKeyPem: open.export({ type: "spki", format: "pem" }).toString(),
    },
  };
}

/** The format that names the algorithm in its first line; Ed25519 has none. */
function traditionalFormat(key: KeyObject): "pkcs1" | "sec1" | "pkcs8" {
  switch (algorithmOf(key)) {
    case "RSA":
      return "pkcs1";
    case "ECDSA":
      return "sec1";
    case "ED25519":
      return "pkcs8";
  }
}
