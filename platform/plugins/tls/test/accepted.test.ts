/** Whether those who use the certificates accept them: OpenSSL (MySQL, node) and Go's crypto/x509 (etcd, the steward). */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Properties } from "../../support/properties";
import { selfSignedCert } from "../src/self-signed-cert";
import { authority, authorityInputs, harness, issue, make, textIn, type Identity } from "./issued";

const platform = path.resolve(__dirname, "../../..");
const compileMilliseconds = 120_000;
const rsaMilliseconds = 30_000;
const folder = mkdtempSync(path.join(tmpdir(), "certificates-"));
let handshake: string;

beforeAll(async () => {
  await harness.start();
  handshake = path.join(folder, "handshake");
  execFileSync("go", ["build", "-o", handshake, "./plugins/tls/test/handshake"], { cwd: platform });
}, compileMilliseconds);

afterAll(() => {
  harness.stop();
  rmSync(folder, { recursive: true });
});

function write(name: string, content: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

/** What `openssl verify` says at its strictest. */
function openssl(ca: string, { certificate }: Identity, purpose: string, ...names: string[]): string {
  const files = [write("ca.pem", ca), write("certificate.pem", certificate)];
  const flags = ["-x509_strict", "-check_ss_sig", "-purpose", purpose, ...names];
  const { stdout, stderr } = spawnSync("openssl", ["verify", ...flags, "-CAfile", ...files], {
    encoding: "utf8",
  });
  return stdout + stderr;
}

/** What Go says when a client calls a server by a name. */
function go(ca: string, server: Identity, client: Identity, name: string): string {
  const input = JSON.stringify({ authority: ca, server, client, name });
  const { stdout, stderr } = spawnSync(handshake, { input, encoding: "utf8" });
  return (stdout + stderr).trim();
}

const serverNames: Properties = {
  subject: { commonName: "quorum-a" },
  dnsNames: ["quorum-a"],
  ipAddresses: ["192.0.2.1"],
};
const clientNames: Properties = { subject: { commonName: "steward-b" } };
const onlyClient = { allowedUses: ["digital_signature", "client_auth"] };

describe.each<Properties>([
  { algorithm: "ECDSA", ecdsaCurve: "P256" },
  { algorithm: "ECDSA", ecdsaCurve: "P384" },
  { algorithm: "ECDSA", ecdsaCurve: "P521" },
  { algorithm: "ED25519" },
  { algorithm: "RSA", rsaBits: 2048 },
])("%j", (algorithm) => {
  let by: Identity;
  let server: Identity;
  let client: Identity;

  beforeAll(async () => {
    by = await authority(algorithm);
    server = await issue(by, serverNames, {}, algorithm);
    client = await issue(by, clientNames, onlyClient, algorithm);
  }, rsaMilliseconds);

  test("OpenSSL accepts server and client", () => {
    const ok = `${path.join(folder, "certificate.pem")}: OK\n`;
    expect(openssl(by.certificate, server, "sslserver", "-verify_hostname", "quorum-a")).toBe(ok);
    expect(openssl(by.certificate, server, "sslserver", "-verify_ip", "192.0.2.1")).toBe(ok);
    expect(openssl(by.certificate, client, "sslclient")).toBe(ok);
  });

  test("Go accepts server and client, each by the other's name", () => {
    expect(go(by.certificate, server, client, "quorum-a")).toBe("CN=quorum-a CN=steward-b");
  });
});

describe("what must not be accepted isn't", () => {
  let by: Identity;
  let server: Identity;
  let client: Identity;

  beforeAll(async () => {
    by = await authority();
    server = await issue(by, serverNames);
    client = await issue(by, clientNames, onlyClient);
  });

  test("a server under another name", () => {
    expect(openssl(by.certificate, server, "sslserver", "-verify_hostname", "quorum-b")).toContain(
      "hostname mismatch",
    );
    expect(go(by.certificate, server, client, "quorum-b")).toContain("valid for quorum-a, not quorum-b");
  });

  test("a client as a server", () => {
    expect(openssl(by.certificate, client, "sslserver")).toMatch(/unsuitable certificate purpose/);
  });

  test("what another authority issued", async () => {
    const stranger = await authority(undefined, { subject: { commonName: "test authority" } });
    expect(openssl(stranger.certificate, server, "sslserver")).not.toContain("OK");
    expect(go(stranger.certificate, server, client, "quorum-a")).toContain(
      "certificate signed by unknown authority",
    );
  });

  test("what somebody issued whose authority allows nobody in between", async () => {
    const strict = await authority(undefined, { maxPathLength: 0 });
    const between = await issue(strict, clientNames, {
      isCaCertificate: true,
      allowedUses: ["cert_signing"],
    });
    const issued = await issue(between, serverNames);
    const untrusted = ["-untrusted", write("between.pem", between.certificate)];
    expect(openssl(strict.certificate, issued, "sslserver", ...untrusted)).toContain(
      "path length constraint exceeded",
    );
  });

  test("what a server issued", async () => {
    const forged = await issue(server, serverNames);
    expect(openssl(by.certificate + server.certificate, forged, "sslserver")).toMatch(
      /invalid CA certificate/,
    );
  });
});

test("an authority renewed with the same key vouches for what the old one issued, and the old one for the new", async () => {
  const old = await authority();
  const before = await issue(old, serverNames);
  const state = await make(selfSignedCert, authorityInputs(old.key));
  const renewed = { key: old.key, certificate: textIn(state, "certPem"), state };
  const after = await issue(renewed, serverNames);
  expect(renewed.certificate).not.toBe(old.certificate);
  const met = "CN=quorum-a CN=quorum-a";
  expect(go(renewed.certificate, before, after, "quorum-a")).toBe(met);
  expect(go(old.certificate, after, before, "quorum-a")).toBe(met);
  expect(openssl(renewed.certificate, before, "sslserver")).toContain("OK");
  expect(openssl(old.certificate, after, "sslserver")).toContain("OK");
});
