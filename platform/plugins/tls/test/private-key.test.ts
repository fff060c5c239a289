import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

import type { Properties } from "../../support/properties";
import { parsePrivateKey, subjectKeyId } from "../src/keys";
import { keyOutputs, privateKey } from "../src/private-key";
import { harness, make, textIn } from "./issued";

interface Recorded {
  readonly name: string;
  readonly id: string;
  readonly subjectKeyId: string;
  readonly outputs: Readonly<Record<string, string>>;
}

const fixture = path.resolve(__dirname, "../../../../test/fixtures/tls/keys.json");
const recorded = JSON.parse(readFileSync(fixture, "utf8")) as Recorded[];

/** Without the random number that each OpenSSH key has twice, to tell whether a passphrase was right. */
function withoutCheck(openSsh: string): string {
  const bytes = Buffer.from(openSsh.replace(/-----.*-----|\n/g, ""), "base64");
  const publicLength = bytes.readUInt32BE(39);
  return bytes.fill(0, 47 + publicLength, 55 + publicLength).toString("hex");
}

beforeAll(() => harness.start());

afterAll(() => {
  harness.stop();
});

describe.each(recorded)("a key by $name", ({ id, outputs, subjectKeyId: keyId }) => {
  test.each(["privateKeyPem", "privateKeyPemPkcs8"])("in %s is written as Go's libraries do", (format) => {
    const key = parsePrivateKey(outputs[format] ?? "", format);
    const { id: ours, computed } = keyOutputs(key);
    expect(ours).toBe(id);
    expect(subjectKeyId(key).toString("hex")).toBe(keyId);
    const { privateKeyOpenssh, ...rest } = outputs;
    expect(computed).toMatchObject(rest);
    expect(textIn(computed, "privateKeyOpenssh").split("\n").length).toBe(
      privateKeyOpenssh?.split("\n").length,
    );
    if (privateKeyOpenssh === "") return;
    expect(withoutCheck(textIn(computed, "privateKeyOpenssh"))).toBe(withoutCheck(privateKeyOpenssh ?? ""));
  });
});

test.each<[Properties, string, string | undefined]>([
  [{ algorithm: "RSA" }, "rsa", undefined],
  [{ algorithm: "ECDSA" }, "ec", "secp224r1"],
  [{ algorithm: "ECDSA", ecdsaCurve: "P256" }, "ec", "prime256v1"],
  [{ algorithm: "ECDSA", ecdsaCurve: "P384" }, "ec", "secp384r1"],
  [{ algorithm: "ECDSA", ecdsaCurve: "P521" }, "ec", "secp521r1"],
  [{ algorithm: "ED25519" }, "ed25519", undefined],
])("%j makes a key, and the official state of it", async (inputs, type, curve) => {
  const state = await make(privateKey, inputs);
  const key = createPrivateKey(textIn(state, "privateKeyPem"));
  expect([key.asymmetricKeyType, key.asymmetricKeyDetails?.namedCurve]).toEqual([type, curve]);
  const der = createPublicKey(textIn(state, "publicKeyPem")).export({ type: "spki", format: "der" });
  expect(state).toMatchObject({
    __meta: '{"schema_version":"1"}',
    id: createHash("sha1").update(der).digest("hex"),
    ecdsaCurve: "P224",
    rsaBits: 2048,
    ...inputs,
  });
  expect(createPublicKey(key).export({ type: "spki", format: "der" })).toEqual(der);
});

test("private formats are secret, public ones are not", async () => {
  const { state } = await harness.resource(privateKey).create({ algorithm: "ED25519" });
  const secrets = Object.keys(state).filter((name) => typeof state[name] === "object");
  expect(secrets.sort()).toEqual(["privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8"]);
});

test.each<[Properties, string]>([
  [{}, "algorithm is missing; must be a text"],
  [{ algorithm: "DSA" }, 'algorithm is "DSA"; must be one of RSA, ECDSA, ED25519'],
  [
    { algorithm: "ECDSA", ecdsaCurve: "P-256" },
    'ecdsaCurve is "P-256"; must be one of P224, P256, P384, P521',
  ],
  [{ algorithm: "RSA", rsaBits: 512 }, "rsaBits is 512; must be from 1024 to 16384"],
])("refuses %j", async (inputs, reason) => {
  expect((await harness.resource(privateKey).check(inputs)).reasons).toEqual([reason]);
});

test("any changed input makes a new key", async () => {
  const calls = harness.resource(privateKey);
  const { state } = await calls.create({ algorithm: "ECDSA", ecdsaCurve: "P256" });
  expect(await calls.diff(state, { algorithm: "ECDSA", ecdsaCurve: "P256", rsaBits: 2048 })).toEqual({
    changed: [],
    replaces: [],
  });
  expect((await calls.diff(state, { algorithm: "ED25519" })).replaces).toEqual(["algorithm", "ecdsaCurve"]);
});
