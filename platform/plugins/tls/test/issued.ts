/** An authority and what it issues, made through the provider as a stack makes them. */
import type { Kind } from "../../support/bridged/kind";
import type { Properties, Value } from "../../support/properties";
import { inClear } from "../../support/secrets";
import { BridgedHarness } from "../../support/test/bridged";
import { certRequest } from "../src/cert-request";
import { kinds } from "../src/kinds";
import { locallySignedCert } from "../src/locally-signed-cert";
import { privateKey } from "../src/private-key";
import { selfSignedCert } from "../src/self-signed-cert";

export const harness = new BridgedHarness("tls", kinds);

/** Checks inputs and makes a resource: its state in clear. */
export async function make(kind: Kind, inputs: Properties): Promise<Properties> {
  const calls = harness.resource(kind);
  const { inputs: checked, reasons } = await calls.check(inputs);
  if (reasons.length > 0) throw new Error(reasons.join("\n"));
  return inClear((await calls.create(checked)).state);
}

/** A property that is a text. */
export function textIn(state: Properties, name: string): string {
  const value = state[name];
  if (typeof value !== "string") throw new Error(`${name} is no text`);
  return value;
}

/** A key and the certificate that goes with it. */
export interface Identity {
  readonly key: string;
  readonly certificate: string;
  readonly state: Properties;
}

const p256: Properties = { algorithm: "ECDSA", ecdsaCurve: "P256" };

export const authorityInputs = (key: Value): Properties => ({
  privateKeyPem: key,
  subject: { commonName: "test authority" },
  isCaCertificate: true,
  setSubjectKeyId: true,
  allowedUses: ["cert_signing", "crl_signing"],
  validityPeriodHours: 24,
});

/** A new authority. */
export async function authority(algorithm: Properties = p256, changes: Properties = {}): Promise<Identity> {
  const key = textIn(await make(privateKey, algorithm), "privateKeyPem");
  const state = await make(selfSignedCert, { ...authorityInputs(key), ...changes });
  return { key, certificate: textIn(state, "certPem"), state };
}

/** What an authority issues to somebody with these names. */
export async function issue(
  by: Identity,
  names: Properties,
  changes: Properties = {},
  algorithm: Properties = p256,
): Promise<Identity> {
  const key = textIn(await make(privateKey, algorithm), "privateKeyPem");
  const request = await make(certRequest, { privateKeyPem: key, ...names });
  const state = await make(locallySignedCert, {
    caCertPem: by.certificate,
    caPrivateKeyPem: by.key,
    certRequestPem: textIn(request, "certRequestPem"),
    allowedUses: ["digital_signature", "server_auth", "client_auth"],
    setSubjectKeyId: true,
    validityPeriodHours: 24,
    ...changes,
  });
  return { key, certificate: textIn(state, "certPem"), state };
}
