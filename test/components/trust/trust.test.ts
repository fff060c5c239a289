import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Account, Authority, type Certificate, type Place, TrustSecret } from "../../../components";
import { type Registered, type Run, runProgram } from "../../support/program";

const environment = { stack: "test", config: {} };
const place = (region: string): Place => ({
  namespace: "shop",
  namespaceName: "shop",
  labels: { "twinstack.dev/region": region },
});
const role = { name: "quorum", instance: "quorum-a", component: "quorum" };
const request = {
  identity: "quorum-a",
  names: ["quorum-a"],
  addresses: ["192.0.2.1"],
  server: true,
  client: true,
};

const run = (program: () => Record<string, unknown>): Promise<Run> => runProgram(program, environment);
const named = ({ resources }: Run, name: string): Registered => {
  const found = resources.find((resource) => resource.name === name);
  if (found === undefined) throw new Error(`no resource ${name}`);
  return found;
};

/** The engine's mark of a secret. */
const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const provider = (region: string) => new k8s.Provider(`${region}-provider`, { context: region });

describe("an authority", () => {
  const issued = (): Promise<Run> =>
    run(() => {
      new Authority("ca", { commonName: "shop-test" }).issue("a", request);
      return {};
    });

  test("signs itself with a key of its own, and may vouch for others for twenty years", async () => {
    const made = await issued();
    expect(named(made, "ca-key").inputs).toEqual({ algorithm: "ECDSA", ecdsaCurve: "P256" });
    expect(named(made, "ca-certificate")).toMatchObject({
      type: "tls:index/selfSignedCert:SelfSignedCert",
      parent: "ca",
      inputs: {
        subject: { commonName: "shop-test" },
        isCaCertificate: true,
        allowedUses: expect.arrayContaining(["cert_signing"]) as unknown,
        validityPeriodHours: 20 * 365 * 24,
        earlyRenewalHours: 5 * 365 * 24,
      },
    });
    expect(named(made, "ca-certificate").dependsOn).toEqual(["ca-key"]);
  });

  test("issues a certificate for a key that never leaves its owner", async () => {
    const made = await issued();
    expect(named(made, "a").parent).toBe("ca");
    expect(named(made, "a-request")).toMatchObject({
      type: "tls:index/certRequest:CertRequest",
      parent: "a",
      dependsOn: ["a-key"],
      inputs: { subject: { commonName: "quorum-a" }, dnsNames: ["quorum-a"], ipAddresses: ["192.0.2.1"] },
    });
    expect(named(made, "a-certificate")).toMatchObject({
      type: "tls:index/locallySignedCert:LocallySignedCert",
      parent: "a",
      dependsOn: ["a-request", "ca-certificate", "ca-key"],
      inputs: {
        allowedUses: ["digital_signature", "server_auth", "client_auth"],
        validityPeriodHours: 5 * 365 * 24,
        earlyRenewalHours: 2 * 365 * 24,
      },
    });
  });

  test("leaves a certificate to whoever asks for it", async () => {
    const made = await run(() => {
      const owner = new pulumi.ComponentResource("test:Owner", "owner");
      new Authority("ca", { commonName: "shop-test" }).issue("a", request, { parent: owner });
      return {};
    });
    expect(named(made, "a").parent).toBe("owner");
  });

  test("refuses what is no certificate", async () => {
    const wrong = run(() => {
      new Authority("ca", { commonName: "shop-test" }).issue("a", {
        identity: "a",
        names: ["A"],
        server: true,
      });
      return {};
    });
    await expect(wrong).rejects.toThrow(
      'certificate a has 1 problem:\n  names[0] is "A"; must be a DNS name in lower case',
    );
  });
});

describe("secrets", () => {
  test("a key and a password are secret, whatever the provider says of them; the rest is not", async () => {
    const found: Record<string, Promise<boolean>> = {};
    await run(() => {
      const authority = new Authority("ca", { commonName: "shop-test" });
      const certificate: Certificate = authority.issue("a", request);
      const account = new Account("app", { username: "app", role, secretName: "account-app", sites: {} });
      const { keyPem, certPem, caPem, revision } = certificate;
      const outputs = { keyPem, certPem, caPem, revision, password: account.password };
      for (const [name, output] of Object.entries(outputs)) found[name] = pulumi.isSecret(output);
      return {};
    });
    const answers = await Promise.all(Object.entries(found).map(async ([name, is]) => [name, await is]));
    expect(Object.fromEntries(answers)).toEqual({
      keyPem: true,
      certPem: false,
      caPem: false,
      revision: false,
      password: true,
    });
  });
});

describe("a trust secret", () => {
  test("goes where it is sent, under a name that stays, as a secret", async () => {
    const made = await run(() => {
      const certificate = new Authority("ca", { commonName: "shop-test" }).issue("a", request);
      const args = { place: place("a"), certificate, role, secretName: "trust-quorum" };
      const { secretName } = new TrustSecret("a-trust", args, { provider: provider("a") });
      return { secretName };
    });
    expect(made.outputs).toEqual({ secretName: "trust-quorum" });
    const object = named(made, "a-trust-secret");
    expect(object).toMatchObject({
      type: "kubernetes:core/v1:Secret",
      parent: "a-trust",
      provider: "a-provider",
      inputs: {
        type: "kubernetes.io/tls",
        metadata: { name: "trust-quorum", namespace: "shop", labels: { "twinstack.dev/region": "a" } },
        stringData: secret,
      },
    });
    // Content that changes in place reaches running pods; a Secret under a new name would restart every voter at once.
    expect(object.inputs).not.toHaveProperty("immutable");
    expect(object.dependsOn).toEqual(expect.arrayContaining(["a-certificate", "a-key", "ca-certificate"]));
  });

  test("has the last word of its owner", async () => {
    const made = await run(() => {
      const certificate = new Authority("ca", { commonName: "shop-test" }).issue("a", request);
      new TrustSecret("a-trust", {
        place: place("a"),
        certificate,
        role,
        secretName: "trust-quorum",
        transform: (args) => ({ ...args, immutable: true }),
      });
      return {};
    });
    expect(named(made, "a-trust-secret").inputs).toMatchObject({ immutable: true });
  });
});

describe("an account", () => {
  test("has one password, and in each site a Secret by that site's provider", async () => {
    const made = await run(() => {
      const sites = Object.fromEntries(
        ["a", "b"].map((region) => [region, { place: place(region), provider: provider(region) }]),
      );
      const { secretNames, username } = new Account("app", {
        username: "app",
        role,
        secretName: "account-app",
        sites,
      });
      return { secretNames, username };
    });
    expect(made.outputs).toEqual({ secretNames: { a: "account-app", b: "account-app" }, username: "app" });
    const passwords = made.resources.filter(
      ({ type }) => type === "random:index/randomPassword:RandomPassword",
    );
    expect(passwords).toMatchObject([
      { name: "app-password", parent: "app", inputs: { length: 32, special: false } },
    ]);
    for (const region of ["a", "b"]) {
      expect(named(made, `app-${region}-secret`)).toMatchObject({
        type: "kubernetes:core/v1:Secret",
        parent: "app",
        provider: `${region}-provider`,
        dependsOn: expect.arrayContaining(["app-password"]) as unknown,
        inputs: {
          type: "kubernetes.io/basic-auth",
          metadata: { name: "account-app", namespace: "shop", labels: { "twinstack.dev/region": region } },
          stringData: secret,
        },
      });
    }
  });
});
