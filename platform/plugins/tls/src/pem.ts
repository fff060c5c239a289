/** Bytes as text between two lines that say what they are. */

/** The text of `bytes`, in lines of 64 characters. */
export function toPem(label: string, bytes: ArrayBuffer | Buffer): string {
  const lines =
    (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes)).toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** The bytes of the first block of a text; throws, without the text, when it isn't labelled so. */
export function fromPem(label: string, pem: string, property: string): Buffer {
  const [, found, content] = /-----BEGIN ([A-Z0-9 ]+)-----\n([\s\S]+?)\n?-----END \1-----/.exec(pem) ?? [];
  if (found === label && content !== undefined) return Buffer.from(content, "base64");
  const seen = found === undefined ? "no PEM text" : `PEM text of a ${found}`;
  throw new Error(`${property} is ${seen}; must be PEM text of a ${label}`);
}
