/** Keys in OpenSSH's formats (PROTOCOL.key and RFC 4253), which node can't write. */
import { createHash, randomBytes, type JsonWebKey, type KeyObject } from "node:crypto";

import { algorithmOf } from "./keys";
import { toPem } from "./pem";

/** A key as OpenSSH tells it. */
export interface OpenSshKey {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly fingerprintMd5: string;
  readonly fingerprintSha256: string;
}

const none: OpenSshKey = { privateKey: "", publicKey: "", fingerprintMd5: "", fingerprintSha256: "" };

/** Curves by their name in a JSON web key. OpenSSH has no P-224. */
const curveNames: Readonly<Record<string, string>> = {
  "P-256": "nistp256",
  "P-384": "nistp384",
  "P-521": "nistp521",
};

/** A private key in OpenSSH's words; all texts are empty where OpenSSH has no such key. */
export function openSshKey(key: KeyObject): OpenSshKey {
  const parts = partsOf(key);
  if (parts === undefined) return none;
  const { type, open, secret } = parts;
  const blob = Buffer.concat([text(type), ...open]);
  return {
    privateKey: toPem("OPENSSH PRIVATE KEY", privateBlob(blob, Buffer.concat([text(type), ...secret]))),
    publicKey: `${type} ${blob.toString("base64")}\n`,
    fingerprintMd5: (createHash("md5").update(blob).digest("hex").match(/../g) ?? []).join(":"),
    fingerprintSha256: `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`,
  };
}

/** The fields of a key, after its type: those of the public key, and those of the private key. */
interface Parts {
  readonly type: string;
  readonly open: readonly Buffer[];
  readonly secret: readonly Buffer[];
}

function partsOf(key: KeyObject): Parts | undefined {
  switch (algorithmOf(key)) {
    case "RSA":
      return rsaParts(key.export({ format: "jwk" }));
    case "ED25519":
      return ed25519Parts(key.export({ format: "jwk" }));
    case "ECDSA":
      // Node can't write other curves as JSON web keys either.
      return key.asymmetricKeyDetails?.namedCurve === "secp224r1"
        ? undefined
        : ecdsaParts(key.export({ format: "jwk" }));
  }
}

function rsaParts({ n, e, d, p, q, qi }: JsonWebKey): Parts {
  const [modulus, exponent] = [number(n), number(e)];
  return {
    type: "ssh-rsa",
    open: [exponent, modulus],
    secret: [modulus, exponent, number(d), number(qi), number(p), number(q)],
  };
}

function ecdsaParts({ crv, x, y, d }: JsonWebKey): Parts {
  const curve = curveNames[crv ?? ""] ?? "";
  const point = text(Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]));
  const open = [text(curve), point];
  return { type: `ecdsa-sha2-${curve}`, open, secret: [...open, number(d)] };
}

function ed25519Parts({ x, d }: JsonWebKey): Parts {
  const open = text(bytes(x));
  return { type: "ssh-ed25519", open: [open], secret: [open, text(Buffer.concat([bytes(d), bytes(x)]))] };
}

function privateBlob(open: Buffer, secret: Buffer): Buffer {
  const check = randomBytes(4);
  const comment = text("");
  const plain = Buffer.concat([check, check, secret, comment]);
  // Up to a full block of 8 bytes: 1, 2, 3 and so on.
  const padding = Buffer.from(Array.from({ length: (8 - (plain.length % 8)) % 8 }, (_, index) => index + 1));
  const [cipher, derivation, options, keys] = [
    text("none"),
    text("none"),
    text(""),
    Buffer.from([0, 0, 0, 1]),
  ];
  const magic = Buffer.from("openssh-key-v1\0");
  return Buffer.concat([
    magic,
    cipher,
    derivation,
    options,
    keys,
    text(open),
    text(Buffer.concat([plain, padding])),
  ]);
}

/** Bytes after their count. */
function text(content: string | Buffer): Buffer {
  const body = Buffer.from(content);
  const count = Buffer.alloc(4);
  count.writeUInt32BE(body.length);
  return Buffer.concat([count, body]);
}

/** A positive number: no leading zeros but the one that keeps it positive. */
function number(value: string | undefined): Buffer {
  const raw = bytes(value);
  const first = raw.findIndex((byte) => byte !== 0);
  const body = raw.subarray(first === -1 ? raw.length : first);
  return text((body[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), body]) : body);
}

function bytes(value: string | undefined): Buffer {
  return Buffer.from(value ?? "", "base64url");
}
