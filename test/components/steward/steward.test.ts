import {
  createDatabase,
  createQuorum,
  type DatabaseConfig,
  inSite,
  Steward,
  type StewardArgs,
  stewardedSites,
} from "../../../components";
import { environmentOf, image, leaks, type Made, made, peers, podOf } from "../../support/peers";

const config: DatabaseConfig = {
  kind: "mysql",
  mode: "semi-sync",
  preferredWriter: "a",
  failBack: { holdDownSeconds: 30 },
  storage: { gibibytes: 10 },
  memoryMebibytes: 1024,
};

/** Runs a program with a quorum, a database and a steward in `region`. */
const steward = (
  region: string,
  over: Partial<DatabaseConfig> = {},
  args: Partial<StewardArgs> = {},
): Promise<Made> =>
  made(() => {
    const given = peers();
    const quorum = createQuorum(
      "quorum",
      { kind: "etcd", storage: { gibibytes: 1 } },
      { ...given, image: image("etcd") },
    );
    const images = { database: image("mysql"), steward: image("steward") };
    const database = createDatabase("database", { ...config, ...over } as DatabaseConfig, {
      ...given,
      images,
      leaseSeconds: quorum.leaseSeconds,
    });
    const { stewardship } = database;
    const site = given.sites[region];
    if (site === undefined) throw new Error(`no site ${region}`);
    const made = new Steward(
      "steward",
      { ...given, region, site, quorum, stewardship, image: images.steward, ...args },
      inSite(site, database),
    );
    return { host: made.host, port: made.port, sites: stewardedSites(stewardship) };
  });

let b: Made;
beforeAll(async () => {
  b = await steward("b", {}, { serving: "http://router/ready", logLevel: "debug" });
});

test("one in each site with a member", async () => {
  expect(b.outputs).toEqual({ host: "steward.shop-test.svc.cluster.local", port: 8080, sites: ["a", "b"] });
  expect((await steward("w", { mode: "group" })).outputs["sites"]).toEqual(["a", "b", "w"]);
});

test("is told whom it leads and whom it asks", () => {
  expect(environmentOf(podOf(b.inputs("steward-deployment")))).toEqual({
    ACCOUNTS_DIRECTORY: "/run/twinstack/accounts",
    DATABASE_ADMIN_PORT: "33062",
    DATABASE_HOST: "database",
    DATABASE_MEMBER: "database-b-0",
    DATABASE_MODE: "semi-sync",
    DEGRADE_AFTER_SECONDS: "5",
    GUARD_URL: "https://database-b-0.database:8443",
    HOLD_DOWN_SECONDS: "30",
    LEASE_SECONDS: "5",
    LISTEN_ADDRESS: ":8080",
    LOG_LEVEL: "debug",
    NAMESPACE: "shop-test",
    PREFERRED_WRITER: "a",
    QUORUM_ENDPOINTS: "https://quorum-a:30379,https://quorum-b:30379,https://quorum-w:30379",
    QUORUM_PREFIX: "/twinstack/shop-test/",
    QUORUM_WITNESS: "quorum-w",
    REGION: "b",
    REGIONS: JSON.stringify([
      { name: "a", address: "198.51.100.10", databasePort: 30306, witness: false },
      { name: "b", address: "198.51.100.11", databasePort: 30306, witness: false },
    ]),
    ROLE: "region",
    SERVING_URL: "http://router/ready",
    TRUST_DIRECTORY: "/run/twinstack/trust",
  });
});

test("of the witness serves nobody", async () => {
  const { inputs } = await steward("w", { mode: "group" });
  expect(environmentOf(podOf(inputs("steward-deployment")))).toMatchObject({
    ROLE: "witness",
    NAMESPACE: "",
    SERVING_URL: "",
    LOG_LEVEL: "info",
  });
});

test("knows voters and the other members by their nodes", () => {
  expect(podOf(b.inputs("steward-deployment")).hostAliases).toEqual([
    { ip: "198.51.100.10", hostnames: ["quorum-a", "database-a-0"] },
    { ip: "198.51.100.11", hostnames: ["quorum-b"] },
    { ip: "198.51.100.12", hostnames: ["quorum-w"] },
  ]);
});

test("is one at a time, hardened and probed", () => {
  expect(b.inputs("steward-deployment")).toMatchObject({
    metadata: {
      name: "steward",
      annotations: { "twinstack.dev/single-replica": expect.any(String) as unknown },
    },
    spec: {
      replicas: 1,
      strategy: { type: "Recreate" },
      template: {
        spec: {
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532 },
          containers: [
            {
              image: image("steward"),
              args: ["run"],
              livenessProbe: { httpGet: { path: "/health", port: "http" } },
              readinessProbe: { httpGet: { path: "/ready", port: "http" } },
              securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
            },
          ],
        },
      },
    },
  });
});

test("may lead the routes of its namespace, and nothing else", () => {
  expect(b.inputs("steward-role")).toMatchObject({
    metadata: { namespace: "shop-test" },
    rules: [
      {
        apiGroups: ["discovery.k8s.io"],
        resources: ["endpointslices"],
        verbs: ["get", "list", "create", "update", "patch"],
      },
      { apiGroups: [""], resources: ["services"], verbs: ["get"] },
    ],
  });
  expect(b.inputs("steward-role-binding")).toMatchObject({
    roleRef: { kind: "Role", name: "steward" },
    subjects: [{ kind: "ServiceAccount", name: "steward", namespace: "shop-test" }],
  });
});

test("is a client by name, and no server", () => {
  expect(b.inputs("steward-identity-request")).toMatchObject({ subject: { commonName: "steward-b" } });
  expect(b.inputs("steward-identity-certificate")).toMatchObject({
    allowedUses: ["digital_signature", "client_auth"],
  });
});

test("has two accounts, and none of the service's", () => {
  const mounted = JSON.stringify(b.inputs("steward-deployment")).match(/database-[a-z]{2,}(?=")/g);
  expect(new Set(mounted)).toEqual(new Set(["database-steward", "database-replication"]));
  expect(leaks(b.resources)).toEqual([]);
});

test("is made by its site's provider", () => {
  const own = b.resources.filter(
    ({ name, type }) => name.startsWith("steward-") && type.startsWith("kubernetes:"),
  );
  expect(own.map(({ name }) => name.replace("steward-", "")).sort()).toEqual([
    "account",
    "deployment",
    "role",
    "role-binding",
    "service",
    "trust-secret",
  ]);
  for (const { name, provider } of own) expect([name, provider]).toEqual([name, "b-provider"]);
});

test("each child has an escape hatch, which has the last word", async () => {
  const review = <Args extends object>(given: Args): Args => ({ ...given, metadata: { name: "reviewed" } });
  const { inputs } = await steward(
    "a",
    {},
    { transform: { deployment: review, service: review, role: review } },
  );
  for (const role of ["deployment", "service", "role"]) {
    const metadata = { name: "reviewed" };
    expect([role, inputs(`steward-${role}`)]).toEqual([role, expect.objectContaining({ metadata })]);
  }
});

test("where there is nobody to lead, there is no steward", async () => {
  await expect(steward("w")).rejects.toThrow('region is "w"; must be a site with a member: a, b');
});
