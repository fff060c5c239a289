import { X509Certificate } from "node:crypto";

import { unknownText, type Properties } from "../../support/properties";
import { certRequest } from "../src/cert-request";
import { locallySignedCert } from "../src/locally-signed-cert";
import { privateKey } from "../src/private-key";
import { selfSignedCert } from "../src/self-signed-cert";
import { authority, authorityInputs, harness, issue, make, textIn, type Identity } from "./issued";

const key = () => make(privateKey, { algorithm: "ECDSA", ecdsaCurve: "P256" });
let by: Identity;

beforeAll(async () => {
  await harness.start();
  by = await authority();
});

afterAll(() => {
  harness.stop();
});

describe("SelfSignedCert", () => {
  test("of an authority has the official state, and says what it is", () => {
    const { state, certificate } = by;
    expect(state).toEqual({
      ...authorityInputs(by.key),
      earlyRenewalHours: 0,
      setAuthorityKeyId: false,
      id: state["id"],
      keyAlgorithm: "ECDSA",
      certPem: certificate,
      readyForRenewal: false,
      validityStartTime: state["validityStartTime"],
      validityEndTime: state["validityEndTime"],
    });
    const read = new X509Certificate(certificate);
    expect(read.ca).toBe(true);
    expect([read.subject, read.issuer]).toEqual(["CN=test authority", "CN=test authority"]);
    expect(BigInt(`0x${read.serialNumber}`).toString()).toBe(state["id"]);
    expect(read.verify(read.publicKey)).toBe(true);
    const lasts =
      Date.parse(textIn(state, "validityEndTime")) - Date.parse(textIn(state, "validityStartTime"));
    expect(lasts).toBe(24 * 3_600_000);
    expect(Date.parse(read.validTo)).toBe(
      Math.floor(Date.parse(textIn(state, "validityEndTime")) / 1000) * 1000,
    );
  });

  test("writes every part of a subject, in Go's order", async () => {
    const subject = {
      commonName: "Jörg",
      serialNumber: "7",
      country: "DE",
      province: "BE",
      locality: "Berlin",
      streetAddresses: ["Weg 1"],
      postalCode: "10115",
      organization: "Ex",
      organizationalUnit: "Ops",
      emailAddress: "a@example.com",
    };
    const state = await make(selfSignedCert, { ...authorityInputs(by.key), subject });
    expect(new X509Certificate(textIn(state, "certPem")).subject.split("\n")).toEqual([
      "C=DE",
      "O=Ex",
      "OU=Ops",
      "L=Berlin",
      "ST=BE",
      "street=Weg 1",
      "postalCode=10115",
      "CN=Jörg",
      "serialNumber=7",
      "emailAddress=a@example.com",
    ]);
  });

  test.each<[Properties, string]>([
    [{ validityPeriodHours: -1 }, "validityPeriodHours is -1; must be 0 or more"],
    [{ ipAddresses: ["localhost"] }, 'ipAddresses is ["localhost"]; must be IP addresses'],
    [{ uris: ["no uri"] }, 'uris is ["no uri"]; must be URIs'],
    [
      { isCaCertificate: false, maxPathLength: 1 },
      "maxPathLength is 1; must be left out unless isCaCertificate is true",
    ],
    [
      { isCaCertificate: false, setSubjectKeyId: false, setAuthorityKeyId: true },
      "setAuthorityKeyId is true; must be false unless setSubjectKeyId or isCaCertificate is true",
    ],
    [
      { privateKeyPemWo: "x" },
      "privateKeyPemWo is not covered: it is for keys that Terraform keeps nowhere; use privateKeyPem, which the state holds encrypted",
    ],
  ])("refuses %j", async (changes, reason) => {
    const inputs = { ...authorityInputs(by.key), ...changes };
    expect((await harness.resource(selfSignedCert).check(inputs)).reasons).toEqual([reason]);
  });

  test("refuses uses that X.509 does not have, with those it has", async () => {
    const inputs = { ...authorityInputs(by.key), allowedUses: ["serving"] };
    const { reasons } = await harness.resource(selfSignedCert).check(inputs);
    expect(reasons).toEqual([
      expect.stringMatching(/^allowedUses is \["serving"\]; must be a list of any_extended, /),
    ]);
  });

  test("refuses an authority without a name", async () => {
    await expect(authority(undefined, { subject: {} })).rejects.toThrow(
      "the subject is empty; must have at least one part where isCaCertificate is true",
    );
  });
});

describe("CertRequest", () => {
  test("has the official state, with the key marked as secret", async () => {
    const privateKeyPem = textIn(await key(), "privateKeyPem");
    const inputs = { privateKeyPem, subject: { commonName: "web" }, dnsNames: ["web"] };
    const { id, state } = await harness.resource(certRequest).create(inputs);
    expect(id).toMatch(/^[0-9a-f]{40}$/);
    expect(state).toEqual({
      ...inputs,
      privateKeyPem: expect.objectContaining({ value: privateKeyPem }) as unknown,
      id,
      keyAlgorithm: "ECDSA",
      certRequestPem: expect.stringMatching(
        /^-----BEGIN CERTIFICATE REQUEST-----\n[\s\S]+\n-----END/,
      ) as unknown,
    });
  });

  test("a key that can't be read is refused without being told", async () => {
    const privateKeyPem = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0IHZhbHVl\n-----END PRIVATE KEY-----\n";
    const made = harness.resource(certRequest).create({ privateKeyPem });
    await expect(made).rejects.toThrow(
      /^privateKeyPem is no private key that can be read; must be an RSA, ECDSA or Ed25519 key in PEM, without a passphrase$/,
    );
  });
});

describe("LocallySignedCert", () => {
  test("has the official state, and answers to the names that were asked for", async () => {
    const subject = { commonName: "database-a-0" };
    const names = {
      subject,
      dnsNames: ["database-a-0", "*.example"],
      ipAddresses: ["192.0.2.1", "2001:db8::1"],
      uris: ["spiffe://x/y"],
    };
    const { state, certificate } = await issue(by, names, { earlyRenewalHours: 1 });
    const { certRequestPem, id, validityStartTime, validityEndTime, ...rest } = state;
    expect([certRequestPem, id, validityStartTime, validityEndTime]).not.toContain(undefined);
    expect(rest).toEqual({
      caCertPem: by.certificate,
      caPrivateKeyPem: by.key,
      caKeyAlgorithm: "ECDSA",
      allowedUses: ["digital_signature", "server_auth", "client_auth"],
      validityPeriodHours: 24,
      earlyRenewalHours: 1,
      isCaCertificate: false,
      setSubjectKeyId: true,
      readyForRenewal: false,
      certPem: certificate,
    });
    const read = new X509Certificate(certificate);
    expect([read.subject, read.ca]).toEqual(["CN=database-a-0", false]);
    expect(read.subjectAltName?.split(", ")).toEqual([
      "DNS:database-a-0",
      "DNS:*.example",
      "IP Address:192.0.2.1",
      "IP Address:2001:DB8:0:0:0:0:0:1",
      "URI:spiffe://x/y",
    ]);
    expect(read.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    expect(read.checkIssued(new X509Certificate(by.certificate))).toBe(true);
  });

  test.each<[string, Properties, string]>([
    [
      "a key of another",
      {},
      "caPrivateKeyPem is another key's; must be the key that caCertPem is the certificate of",
    ],
    ["no certificate", { caCertPem: "x" }, "caCertPem is no PEM text; must be PEM text of a CERTIFICATE"],
    [
      "a certificate for a request",
      { certRequestPem: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----" },
      "certRequestPem is PEM text of a CERTIFICATE; must be PEM text of a CERTIFICATE REQUEST",
    ],
  ])("refuses %s", async (_, changes, message) => {
    const other = textIn(await key(), "privateKeyPem");
    await expect(issue({ ...by, key: other }, { dnsNames: ["web"] }, changes)).rejects.toThrow(message);
  });

  test("an authority's certificate that isn't known yet replaces", async () => {
    const { state } = await issue(by, { dnsNames: ["web"] });
    const { certRequestPem, allowedUses } = state;
    const news = {
      caCertPem: unknownText,
      caPrivateKeyPem: by.key,
      certRequestPem: certRequestPem ?? "",
      allowedUses: allowedUses ?? [],
      validityPeriodHours: 24,
      setSubjectKeyId: true,
    };
    const calls = harness.resource(locallySignedCert);
    expect(await calls.diff(state, news)).toEqual({ changed: ["caCertPem"], replaces: ["caCertPem"] });
    expect(await calls.diff(state, { ...news, caCertPem: by.certificate })).toEqual({
      changed: [],
      replaces: [],
    });
  });
});
