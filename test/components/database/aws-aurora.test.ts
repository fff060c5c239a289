import { readFileSync } from "node:fs";
import { X509Certificate } from "node:crypto";
import {
  type AuroraConfig,
  createDatabase,
  databaseProblems,
  databaseRunsInPods,
  type DatabaseTransform,
  sentence,
} from "../../../components";
import { auroraRecoverySeconds } from "../../../components/database/aurora-config";
import { authorityFile, awsPeers } from "../../support/aws-peers";
import { leaks, type Made, made, peers } from "../../support/peers";

const config: AuroraConfig = {
  kind: "aurora",
  mode: "async",
  preferredWriter: "b",
  instanceClass: "db.r8g.large",
  certificateAuthorityFile: authorityFile,
};

const database = (over: Partial<AuroraConfig> = {}, transform?: DatabaseTransform): Promise<Made> =>
  made(() => {
    const args = { ...awsPeers(), leaseSeconds: 10, ...(transform === undefined ? {} : { transform }) };
    const { byRegion, promise, stewardship } = createDatabase("database", { ...config, ...over }, args);
    return { byRegion, promise, stewardship };
  });

let two: Made;
beforeAll(async () => {
  two = await database();
});

/** A reference's URN ends with the name of what it is to. */
const named = (type: string): string[] =>
  two.resources.filter((resource) => resource.type === type).map(({ name }) => name);

describe("what the rest of the stack is told", () => {
  test("each region's routes, which are its own gate's", () => {
    expect(two.outputs["byRegion"]).toMatchObject({
      a: {
        writer: { host: "database-writer.shop-test.svc.cluster.local", port: 3306 },
        reader: { host: "database-reader.shop-test.svc.cluster.local", port: 3306 },
        databaseName: "app",
        accounts: { app: "database-app", migrate: "database-migrate", probe: "database-probe" },
        authorityConfigName: "database-authority",
        session: { aurora_replica_read_consistency: "session", transaction_isolation: "REPEATABLE-READ" },
      },
      b: { authorityConfigName: "database-authority" },
    });
  });

  test("the promise: no number of writes, and a time that says where it comes from", () => {
    expect(two.outputs["promise"]).toEqual({ mode: "async", rpoSeconds: "unbounded", rtoSeconds: 73 });
    expect(auroraRecoverySeconds(20)).toBe(85);
  });

  test("the clusters, as a steward leads clients to them", () => {
    expect(two.outputs["stewardship"]).toMatchObject({
      kind: "managed",
      mode: "async",
      name: "shop-test",
      arn: "arn:aws:rds::123456789012:global-cluster:shop-test",
      preferredWriter: "b",
      holdDownSeconds: 60,
      members: {
        a: {
          cluster: "shop-test-a",
          arn: "arn:aws:rds:eu-central-1:123456789012:cluster:shop-test-a",
          authorityConfigName: "database-authority",
          accounts: { admin: "database-admin", steward: "database-steward" },
        },
        b: { arn: "arn:aws:rds:eu-west-1:123456789012:cluster:shop-test-b" },
      },
    });
  });
});

test("begins where it prefers to write; the other region joins when that is there", () => {
  expect(two.inputs("database-global")).toMatchObject({
    globalClusterIdentifier: "shop-test",
    engine: "aurora-mysql",
    engineVersion: "8.0.mysql_aurora.3.10.1",
    databaseName: "app",
    storageEncrypted: true,
    deletionProtection: true,
  });
  expect(two.inputs("database-b-cluster")).toMatchObject({ masterUsername: "admin" });
  expect(two.inputs("database-a-cluster")).not.toHaveProperty("masterUsername");
  expect(two.inputs("database-a-cluster")).not.toHaveProperty("masterPassword");
  const dependsOn = (name: string) => two.resources.find((each) => each.name === name)?.dependsOn;
  expect(dependsOn("database-a-cluster")).toEqual(
    expect.arrayContaining(["database-b-cluster", "database-b-instance-0", "database-b-instance-1"]),
  );
  expect(dependsOn("database-b-cluster")).not.toContain("database-a-cluster");
});

test("both regions are alike but for their names, their networks and who began", () => {
  const names = /(?:(?:shop-test|subnet|sg|vpc|database)-|"twinstack.dev\/region":")[ab]\b/g;
  const alike = (name: string): unknown => {
    const own = ["masterUsername", "masterPassword", "tags"];
    const inputs = Object.fromEntries(Object.entries(two.inputs(name)).filter(([key]) => !own.includes(key)));
    const text = JSON.stringify(inputs).replace(/eu-(central|west)-1/g, "eu-*");
    return JSON.parse(text.replace(names, (match) => match.replace(/[ab]$/, "*"))) as unknown;
  };
  const inA = two.resources.filter(({ name }) => name.startsWith("database-a-")).map(({ name }) => name);
  expect(inA).toHaveLength(two.resources.filter(({ name }) => name.startsWith("database-b-")).length);
  for (const name of inA.filter((each) => two.resources.some((one) => one.name === each && one.custom))) {
    expect([name, alike(name.replace("-a-", "-b-"))]).toEqual([name, alike(name)]);
  }
});

describe("a region's cluster", () => {
  test("is kept, encrypted with a key of its own, logged, and hands writes on", () => {
    expect(two.inputs("database-a-cluster")).toMatchObject({
      clusterIdentifier: "shop-test-a",
      engine: "aurora-mysql",
      enableGlobalWriteForwarding: true,
      storageEncrypted: true,
      backupRetentionPeriod: 35,
      copyTagsToSnapshot: true,
      deletionProtection: true,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: "shop-test-a-final",
      enabledCloudwatchLogsExports: ["audit", "error", "slowquery"],
    });
    expect(two.inputs("database-a-data-key")).toMatchObject({ enableKeyRotation: true });
  });

  test("writes its logs where they are kept for a while, encrypted", () => {
    expect(named("aws:cloudwatch/logGroup:LogGroup")).toHaveLength(6);
    expect(two.inputs("database-a-audit-log")).toMatchObject({
      name: "/aws/rds/cluster/shop-test-a/audit",
      retentionInDays: 90,
      kmsKeyId: "arn of database-a-data-key",
    });
    expect(two.inputs("database-a-data-key")["policy"]).toContain("logs.eu-central-1.amazonaws.com");
  });

  test("of a trial leaves nothing behind", async () => {
    const { inputs } = await database({ deletionProtection: false });
    expect(inputs("database-global")).toMatchObject({ deletionProtection: false });
    expect(inputs("database-a-cluster")).toMatchObject({
      deletionProtection: false,
      skipFinalSnapshot: true,
    });
    expect(inputs("database-a-cluster")).not.toHaveProperty("finalSnapshotIdentifier");
  });

  test("names transactions, logs row by row and admits nobody without TLS", () => {
    const { family, parameters } = two.inputs("database-b-parameters") as {
      family: string;
      parameters: { name: string; value: string; applyMethod: string }[];
    };
    expect(family).toBe("aurora-mysql8.0");
    expect(Object.fromEntries(parameters.map(({ name, value }) => [name, value]))).toEqual({
      binlog_format: "ROW",
      "gtid-mode": "ON",
      enforce_gtid_consistency: "ON",
      require_secure_transport: "ON",
      tls_version: "TLSv1.2,TLSv1.3",
      server_audit_logging: "1",
      server_audit_events: "CONNECT,QUERY_DCL,QUERY_DDL",
      slow_query_log: "1",
    });
  });

  test("has instances in several zones, none of which the internet reaches", async () => {
    expect(named("aws:rds/clusterInstance:ClusterInstance")).toEqual([
      "database-b-instance-0",
      "database-b-instance-1",
      "database-a-instance-0",
      "database-a-instance-1",
    ]);
    expect(two.inputs("database-a-instance-1")).toMatchObject({
      identifier: "shop-test-a-1",
      instanceClass: "db.r8g.large",
      publiclyAccessible: false,
      autoMinorVersionUpgrade: false,
      performanceInsightsEnabled: true,
    });
    expect(two.inputs("database-a-subnets")).toMatchObject({
      subnetIds: ["subnet-a-1", "subnet-a-2", "subnet-a-3"],
    });
    const three = await database({ instances: 3 });
    expect(three.inputs("database-a-instance-2")).toMatchObject({ identifier: "shop-test-a-2" });
  });

  test("lets in pods of its region, and nobody else; nobody gets out", () => {
    expect(two.inputs("database-a-from-pods")).toMatchObject({
      referencedSecurityGroupId: "sg-a-pods",
      ipProtocol: "tcp",
      fromPort: 3306,
      toPort: 3306,
    });
    expect(named("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")).toHaveLength(2);
    for (const key of ["ingress", "egress"]) {
      expect(two.inputs("database-a-security-group")).not.toHaveProperty(key);
    }
  });
});

test("nobody sees a password, and pods trust AWS' authorities", () => {
  expect(leaks(two.resources.filter(({ name }) => name !== "database-b-cluster"))).toEqual([]);
  // The one place besides the Secrets: a value that the engine keeps as a secret.
  expect(two.inputs("database-b-cluster")["masterPassword"]).toMatchObject({
    value: expect.anything() as unknown,
  });
  const authority = two.inputs("database-a-authority") as { data: Record<string, string> };
  expect(authority.data["ca.crt"]).toBe(readFileSync(authorityFile, "utf8"));
});

test("every resource is made by its own region's providers", () => {
  const wrong = two.resources.filter(({ name, provider, custom }) => {
    const [, region] = /^database-([ab])-/.exec(name) ?? [];
    return custom && region !== undefined && provider?.startsWith(`${region}-`) !== true;
  });
  expect(wrong).toEqual([]);
  const { provider } = two.resources.find(({ name }) => name === "database-global") ?? {};
  expect(provider).toBe("b-aws-provider");
});

test("what is kept has an escape hatch, which has the last word", async () => {
  const review = <Args extends object>(given: Args): Args => ({ ...given, tags: { reviewed: "yes" } });
  const { inputs } = await database(
    {},
    {
      aurora: {
        globalCluster: review,
        cluster: review,
        instance: review,
        parameters: review,
      },
    },
  );
  for (const name of ["global", "a-cluster", "b-instance-0", "a-parameters"]) {
    expect([name, inputs(`database-${name}`)["tags"]]).toEqual([name, { reviewed: "yes" }]);
  }
});

describe("what is wrong with a description", () => {
  const sites = { regions: ["a", "b"] };
  const sentences = (over: object): string[] =>
    databaseProblems({ ...config, ...over }, sites, ["database"]).map(sentence);

  test.each<[object, string]>([
    [
      { rpoSeconds: 5 },
      "database.rpoSeconds is 5; must be left out; " +
        'Aurora acknowledges writes that no other region has: a database of kind "mysql" can promise 0',
    ],
    [
      { instanceClass: "db.t4g.medium" },
      'database.instanceClass is "db.t4g.medium"; must be a class of the families r or x, such as db.r8g.large; ' +
        "no other class can be part of a global database",
    ],
    [{ preferredWriter: "c" }, 'database.preferredWriter is "c"; must be a region that serves: a or b'],
  ])("%j is refused", (over, text) => {
    expect(sentences(over)).toEqual([text]);
  });

  test("the rest is not", () => {
    expect(sentences({})).toEqual([]);
    expect(sentences({ instanceClass: "db.x2iedn.32xlarge" })).toEqual([]);
  });

  test("is told wherever it comes from", async () => {
    await expect(database({ preferredWriter: "c" })).rejects.toThrow('database.preferredWriter is "c"');
  });

  test("sites that are not on AWS are none for Aurora", async () => {
    const elsewhere = made(() => {
      const { sites: given, ...rest } = peers();
      const { a, b } = given as Required<typeof given>;
      const over = { ...rest, witness: undefined, sites: { a, b } as typeof given, leaseSeconds: 10 };
      createDatabase("database", config, over);
      return {};
    });
    await expect(elsewhere).rejects.toThrow(
      'sites is "a", "b"; must be of sites with a cluster of kind "eks", since database is a service of AWS',
    );
  });
});

test("runs in no pod, and says so", () => {
  expect(databaseRunsInPods(config)).toBe(false);
  expect(databaseRunsInPods({ kind: "mysql" })).toBe(true);
});

test("AWS' authorities are those of the stacks' regions, whole and in date", () => {
  const certificates = readFileSync(authorityFile, "utf8").match(/-----BEGIN[\s\S]*?END CERTIFICATE-----/g);
  const authorities = (certificates ?? []).map((pem) => new X509Certificate(pem));
  expect(authorities.map(({ subject }) => /CN=Amazon RDS (.*)/.exec(subject)?.[1])).toEqual(
    ["eu-central-1", "eu-west-1"].flatMap((region) =>
      ["ECC384", "RSA2048", "RSA4096"].map((key) => `${region} Root CA ${key} G1`),
    ),
  );
  for (const authority of authorities) {
    expect(authority.ca && authority.verify(authority.publicKey)).toBe(true);
    expect(Date.parse(authority.validTo)).toBeGreaterThan(Date.parse("2060-01-01"));
  }
});
