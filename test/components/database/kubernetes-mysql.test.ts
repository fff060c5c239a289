import {
  createDatabase,
  type DatabaseConfig,
  databaseProblems,
  type DatabaseTransform,
  sentence,
} from "../../../components";
import { serverIdOf } from "../../../components/database/mysql-plan";
import { environmentOf, image, leaks, type Made, made, peers, podOf } from "../../support/peers";

const config: DatabaseConfig = {
  kind: "mysql",
  mode: "semi-sync",
  preferredWriter: "a",
  storage: { class: "fast", gibibytes: 10 },
  memoryMebibytes: 1024,
};
const inGroup: DatabaseConfig = { ...config, mode: "group" };

const database = (over: DatabaseConfig = config, transform?: DatabaseTransform): Promise<Made> =>
  made(() => {
    const images = { database: image("mysql"), steward: image("steward") };
    const args = { ...peers(), images, leaseSeconds: 5, ...(transform === undefined ? {} : { transform }) };
    const { byRegion, promise, stewardship } = createDatabase("database", over, args);
    return { byRegion, promise, stewardship };
  });

const statefulSets = ({ resources }: Made): string[] =>
  resources.filter(({ type }) => type.endsWith(":StatefulSet")).map(({ name }) => name);

let two: Made;
let group: Made;
beforeAll(async () => {
  two = await database();
  group = await database(inGroup);
});

describe("what the rest of the stack is told", () => {
  test("each region's routes, accounts and authority", () => {
    const region = {
      writer: { host: "database-writer.shop-test.svc.cluster.local", port: 3306 },
      reader: { host: "database-reader.shop-test.svc.cluster.local", port: 3306 },
      databaseName: "app",
      accounts: { app: "database-app", migrate: "database-migrate", probe: "database-probe" },
      authorityConfigName: "database-authority",
    };
    expect(two.outputs["byRegion"]).toEqual({ a: region, b: region });
    expect(Object.keys(group.outputs["byRegion"] as object)).toEqual(["a", "b"]);
  });

  test("the promise", () => {
    expect(two.outputs["promise"]).toEqual({ mode: "semi-sync", rpoSeconds: 0, rtoSeconds: 9 });
  });

  test("the members, as a steward leads them", () => {
    expect(two.outputs["stewardship"]).toEqual({
      kind: "guarded",
      mode: "semi-sync",
      preferredWriter: "a",
      holdDownSeconds: 60,
      degradeAfterSeconds: 5,
      members: {
        a: expect.anything() as unknown,
        b: {
          name: "database-b-0",
          address: "198.51.100.11",
          port: 30306,
          witness: false,
          local: { host: "database", adminPort: 33062, guard: "https://database-b-0.database:8443" },
          accounts: { steward: "database-steward", replication: "database-replication" },
        },
      },
    });
  });
});

test("a witness has a member only where members vote", () => {
  expect(statefulSets(two)).toEqual(["database-a-stateful-set", "database-b-stateful-set"]);
  expect(statefulSets(group)).toEqual([
    "database-a-stateful-set",
    "database-b-stateful-set",
    "database-w-stateful-set",
  ]);
});

describe("a member", () => {
  test("runs under the guard, which a container of the steward's image brings", () => {
    expect(podOf(two.inputs("database-a-stateful-set"))).toMatchObject({
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 30,
      securityContext: { runAsNonRoot: true, runAsUser: 999, runAsGroup: 999, fsGroup: 999 },
      initContainers: [{ image: image("steward"), args: ["install", "/twinstack/steward"] }],
      containers: [
        {
          image: image("mysql"),
          command: ["/twinstack/steward", "guard", "--", "/usr/sbin/mysqld"],
          livenessProbe: { httpGet: { path: "/health", port: "guard", scheme: "HTTPS" } },
          readinessProbe: { httpGet: { path: "/ready", port: "guard", scheme: "HTTPS" } },
          securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
          resources: { requests: { memory: "1024Mi" }, limits: { memory: "1024Mi" } },
        },
      ],
    });
  });

  test("tells the guard who it is", () => {
    const environment = environmentOf(podOf(two.inputs("database-b-stateful-set")));
    expect(environment).toMatchObject({
      REGION: "b",
      MEMBER: "database-b-0",
      SERVER_ID: String(serverIdOf("b")),
      DATABASE_MODE: "semi-sync",
      REPORT_PORT: "30306",
      CONFIG_FILE: "/etc/twinstack/my.cnf",
      DATA_DIRECTORY: "/var/lib/mysql/data",
      STOP_SECONDS: "20",
    });
    expect(Object.keys(environment).filter((name) => name.startsWith("GROUP_"))).toEqual([]);
  });

  test("of a group votes, and a witness is the last to be voted for", () => {
    const weight = (site: string): string | undefined =>
      environmentOf(podOf(group.inputs(`database-${site}-stateful-set`)))["GROUP_WEIGHT"];
    expect([weight("a"), weight("b"), weight("w")]).toEqual(["60", "50", "0"]);
    expect(environmentOf(podOf(group.inputs("database-w-stateful-set")))).toMatchObject({
      GROUP_PORT: "30361",
      GROUP_SEEDS: "database-a-0:30361,database-b-0:30361,database-w-0:30361",
    });
  });

  test("knows the others by their nodes, and itself by its own pod", () => {
    expect(podOf(group.inputs("database-a-stateful-set")).hostAliases).toEqual([
      { ip: "198.51.100.11", hostnames: ["database-b-0"] },
      { ip: "198.51.100.12", hostnames: ["database-w-0"] },
    ]);
  });

  test("has a certificate for every name that leads to it", () => {
    expect(two.inputs("database-a-identity-request")).toMatchObject({
      subject: { commonName: "database-a-0" },
      dnsNames: [
        "database-a-0",
        "database-a-0.database",
        "localhost",
        "database",
        "database.shop-test.svc.cluster.local",
        "database-writer",
        "database-writer.shop-test.svc.cluster.local",
        "database-reader",
        "database-reader.shop-test.svc.cluster.local",
      ],
    });
  });

  test("mounts its accounts by name, and its volume outlives its StatefulSet", () => {
    const { spec } = two.inputs("database-a-stateful-set") as { spec: object };
    expect(spec).toMatchObject({
      podManagementPolicy: "Parallel",
      serviceName: "database",
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      volumeClaimTemplates: [
        { spec: { storageClassName: "fast", resources: { requests: { storage: "10Gi" } } } },
      ],
    });
    const accounts = ["steward", "replication", "app", "migrate", "probe"].map((account) => ({
      secret: {
        name: `database-${account}`,
        items: [
          { key: "username", path: `${account}/username` },
          { key: "password", path: `${account}/password` },
        ],
      },
    }));
    expect(podOf(two.inputs("database-a-stateful-set"))).toMatchObject({
      volumes: expect.arrayContaining([
        { name: "accounts", projected: { defaultMode: 0o440, sources: accounts } },
      ]) as unknown,
    });
  });

  test("follows a changed configuration, and nothing else changes its pod", async () => {
    const configName = (of: Made): string | undefined =>
      /"configMap":\{"name":"([^"]+)"/.exec(JSON.stringify(of.inputs("database-a-stateful-set")))?.[1];
    const more = await database({ ...config, memoryMebibytes: 2048 });
    expect(configName(two)).toMatch(/^database-a-config-/);
    expect(configName(more)).not.toBe(configName(two));
    expect(configName(await database({ ...config, failBack: { holdDownSeconds: 300 } }))).toBe(
      configName(two),
    );
  });
});

describe("Services", () => {
  const service = (of: Made, name: string): unknown => of.inputs(`database-a-${name}`)["spec"];

  test("the steward and the peers reach a member that is not ready", () => {
    expect(service(two, "service")).toMatchObject({
      clusterIP: "None",
      publishNotReadyAddresses: true,
      ports: [{ port: 3306 }, { port: 33062 }, { port: 8443 }],
    });
    expect(service(two, "peer")).toMatchObject({
      type: "NodePort",
      externalTrafficPolicy: "Local",
      publishNotReadyAddresses: true,
      ports: [{ name: "mysql", port: 3306, nodePort: 30306 }],
    });
  });

  test("a group talks on the port that it announces", () => {
    expect(service(group, "peer")).toMatchObject({
      ports: [{ name: "mysql" }, { name: "group", port: 30361, targetPort: "group", nodePort: 30361 }],
    });
  });

  test("the routes have no selector: they are the steward's", () => {
    for (const route of ["writer", "reader"]) {
      expect(service(two, route)).toEqual({ type: "ClusterIP", ports: [{ name: "mysql", port: 3306 }] });
    }
    expect(group.resources.map(({ name }) => name)).not.toContain("database-w-writer");
  });

  test("only its steward gets to the ways around accounts", () => {
    expect(two.inputs("database-a-network-policy")).toMatchObject({
      spec: {
        ingress: [
          {
            from: [
              { podSelector: {} },
              { ipBlock: { cidr: "198.51.100.10/32" } },
              { ipBlock: { cidr: "10.0.0.0/17" } },
              { ipBlock: { cidr: "198.51.100.11/32" } },
              { ipBlock: { cidr: "10.1.0.0/17" } },
            ],
            ports: [{ port: 3306 }],
          },
          {
            from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "steward" } } }],
            ports: [{ port: 33062 }, { port: 8443 }],
          },
        ],
      },
    });
  });
});

test("every site is made by its own provider, and only one database at a time is rolled", () => {
  const before: Record<string, string[]> = {
    "database-b-stateful-set": ["database-a-stateful-set"],
    "database-w-stateful-set": ["database-b-stateful-set"],
  };
  for (const { name, provider, dependsOn } of group.resources.filter(({ type }) =>
    type.startsWith("kubernetes:"),
  )) {
    const site = /^database-(?:\w+-)?([abw])-/.exec(name)?.[1] ?? "";
    expect([name, provider]).toEqual([name, `${site}-provider`]);
    const awaited = dependsOn.filter((other) => other.endsWith("-stateful-set"));
    expect([name, before[name]?.filter((other) => !awaited.includes(other)) ?? awaited]).toEqual([name, []]);
  }
});

test("keys and passwords are in Secrets only", () => {
  expect(leaks(group.resources)).toEqual([]);
  expect(JSON.stringify(two.inputs("database-app-b-secret"))).toContain("result of database-app-password");
});

test("server ids differ and don't depend on the other sites", () => {
  const sites = Array.from({ length: 500 }, (_, index) => `region-${index}`);
  const ids = sites.map(serverIdOf);
  expect(new Set(ids).size).toBe(sites.length);
  expect(Math.min(...ids)).toBeGreaterThan(0);
  expect(Math.max(...ids)).toBeLessThan(2 ** 31);
});

test("each child has an escape hatch, which has the last word", async () => {
  const review = <Args extends object>(given: Args): Args => ({ ...given, metadata: { name: "reviewed" } });
  const { inputs } = await database(config, {
    mysql: {
      config: review,
      statefulSet: review,
      service: review,
      disruptionBudget: review,
      networkPolicy: review,
    },
  });
  const roles = [
    "config",
    "stateful-set",
    "service",
    "peer",
    "writer",
    "reader",
    "disruption-budget",
    "network-policy",
  ];
  for (const role of roles) {
    const metadata = { name: "reviewed" };
    expect([role, inputs(`database-b-${role}`)]).toEqual([role, expect.objectContaining({ metadata })]);
  }
});

describe("refused", () => {
  const sites = { regions: ["a", "b"], witness: "w" };
  const problems = (over: object, at: object = {}): string[] =>
    databaseProblems({ ...config, ...over }, { ...sites, ...at }, ["database"]).map(sentence);

  test.each<[object, object, string]>([
    [{ preferredWriter: "w" }, {}, 'database.preferredWriter is "w"; must be a region that serves: a or b'],
    [
      {},
      { regions: ["a"] },
      "database is over 1 region (a); must be over 2 regions; " +
        "one writes and the other one takes over: add or remove regions, or leave the database out",
    ],
    [
      { mode: "group" },
      { witness: undefined },
      'database.mode is "group" with 2 members (a, b); must be "group" with 3 members; ' +
        "two have no majority without both: add quorum.witness",
    ],
    [
      { memoryMebibytes: 400 },
      {},
      'database.memoryMebibytes is 400; must be at least 416; mode "semi-sync" needs that much before it holds rows in memory',
    ],
    [
      { mode: "group", memoryMebibytes: 512 },
      {},
      'database.memoryMebibytes is 512; must be at least 544; mode "group" needs that much before it holds rows in memory',
    ],
    [
      { ports: { mysql: 30306, group: 30306 } },
      {},
      "database.ports.group is 30306; must be a port of its own, such as 30361; MySQL itself is on 30306",
    ],
    [
      { mode: "async", rpoSeconds: 0 },
      {},
      'database.rpoSeconds is 0; must be left out with mode "async"; ' +
        'it acknowledges writes that no other region has: set mode to "semi-sync" or "group" for 0',
    ],
  ])("%j over %j", (over, at, message) => {
    expect(problems(over, at)).toEqual([message]);
  });

  test("all at once, wherever it comes from", async () => {
    await expect(database({ ...config, preferredWriter: "w", memoryMebibytes: 1 })).rejects.toThrow(
      "database has 2 problems:",
    );
  });

  test("a database nobody wrote", () => {
    const oracle = { kind: "oracle" };
    expect(() => problems(oracle)).toThrow(
      'database.kind is "oracle"; must be one of the kinds this version knows',
    );
  });
});
