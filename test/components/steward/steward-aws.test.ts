import { type AuroraConfig, createDatabase, createQuorum, inSite, Steward } from "../../../components";
import { authorityFile, awsPeers } from "../../support/aws-peers";
import { environmentOf, image, leaks, type Made, made, podOf } from "../../support/peers";

const config: AuroraConfig = {
  kind: "aurora",
  mode: "async",
  preferredWriter: "a",
  failBack: { holdDownSeconds: 300 },
  instanceClass: "db.r8g.large",
  certificateAuthorityFile: authorityFile,
};

/** Runs a program with a table, Aurora and a steward in `region`. */
const steward = (region: string): Promise<Made> =>
  made(() => {
    const given = awsPeers();
    const witness = { name: "w", region: "eu-west-2" };
    const quorum = createQuorum("quorum", { kind: "dynamodb", witness }, given);
    const { stewardship } = createDatabase("database", config, { ...given, leaseSeconds: 10 });
    const site = given.sites[region];
    if (site === undefined) throw new Error(`no site ${region}`);
    const args = { ...given, region, site, quorum, stewardship, image: image("steward") };
    const { host, port } = new Steward(
      "steward",
      { ...args, serving: "http://router/ready" },
      inSite(site, quorum),
    );
    return { host, port };
  });

let b: Made;
beforeAll(async () => {
  b = await steward("b");
});

const pod = () => podOf(b.inputs("steward-deployment")) as unknown as Record<string, unknown>;

test("is told of the table and the clusters instead of voters and guards", () => {
  const { REGIONS, ...environment } = environmentOf(podOf(b.inputs("steward-deployment")));
  expect(environment).toEqual({
    ACCOUNTS_DIRECTORY: "/run/twinstack/accounts",
    DATABASE_CLUSTER: "shop-test-b",
    DATABASE_GLOBAL_CLUSTER: "shop-test",
    DATABASE_HOST: "endpoint of database-b-cluster",
    DATABASE_KIND: "aurora",
    DATABASE_MODE: "async",
    DATABASE_READER_HOST: "readerEndpoint of database-b-cluster",
    HOLD_DOWN_SECONDS: "300",
    LEASE_SECONDS: "10",
    LISTEN_ADDRESS: ":8080",
    LOG_LEVEL: "info",
    NAMESPACE: "shop-test",
    POD_IP: undefined,
    PREFERRED_WRITER: "a",
    QUORUM_KIND: "dynamodb",
    QUORUM_PREFIX: "/twinstack/shop-test/",
    QUORUM_REGION: "eu-west-1",
    QUORUM_TABLE: "shop-test-quorum",
    REGION: "b",
    ROLE: "region",
    SERVING_URL: "http://router/ready",
    TRUST_DIRECTORY: "/run/twinstack/trust",
  });
  expect(JSON.parse(REGIONS ?? "")).toEqual([{ name: "a" }, { name: "b" }]);
});

test("stands between the clients and the database, with room for what they send", () => {
  expect(pod()).toMatchObject({
    hostAliases: [],
    containers: [
      {
        ports: [
          { name: "http", containerPort: 8080 },
          { name: "writer", containerPort: 3306 },
          { name: "forward", containerPort: 3307 },
          { name: "reader", containerPort: 3308 },
        ],
        env: expect.arrayContaining([
          { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
        ]) as unknown,
        resources: { requests: { cpu: "250m", memory: "256Mi" }, limits: { memory: "256Mi" } },
      },
    ],
  });
});

test("leads the region's routes to its own gate", () => {
  for (const route of ["writer", "reader"]) {
    const { metadata, spec } = b.inputs(`steward-${route}`) as { metadata: object; spec: object };
    expect(metadata).toMatchObject({ name: `database-${route}`, namespace: "shop-test" });
    expect(spec).toEqual({ type: "ClusterIP", ports: [{ name: "mysql", port: 3306 }] });
  }
});

test("has no identity of the stack's own: it checks AWS' certificates, and AWS knows its pod", () => {
  expect(pod()["volumes"]).toEqual(
    expect.arrayContaining([{ name: "trust", configMap: { name: "database-authority" } }]),
  );
  expect(b.resources.filter(({ type }) => type.startsWith("tls:"))).toEqual([]);
});

test("has the accounts that it makes, and nobody else's", () => {
  const named = JSON.stringify(pod()).match(/(?<=")database-[a-z]+(?=")/g);
  const accounts = ["admin", "steward", "app", "migrate", "probe"].map((account) => `database-${account}`);
  expect(new Set(named)).toEqual(new Set(["database-authority", ...accounts]));
  expect(leaks(b.resources.filter(({ name }) => name !== "database-a-cluster"))).toEqual([]);
});

describe("its rights on AWS", () => {
  interface Policy {
    readonly Statement: readonly {
      Action: string[];
      Resource?: string[];
      Condition?: unknown;
      Principal?: unknown;
    }[];
  }
  const policy = (name: string, key: string) => JSON.parse(String(b.inputs(name)[key])) as Policy;

  test("are to read and put its item, to see who writes and to take over", () => {
    const cluster = (region: string, name: string) =>
      `arn:aws:rds:${region}:123456789012:cluster:shop-test-${name}`;
    const all = "arn:aws:rds::123456789012:global-cluster:shop-test";
    expect(policy("steward-rights-policy", "policy").Statement).toEqual([
      {
        Effect: "Allow",
        Action: ["dynamodb:GetItem", "dynamodb:PutItem"],
        Resource: ["arn:aws:dynamodb:eu-west-1:123456789012:table/shop-test-quorum"],
      },
      { Effect: "Allow", Action: ["rds:DescribeGlobalClusters"], Resource: [all] },
      {
        Effect: "Allow",
        Action: ["rds:FailoverGlobalCluster", "rds:SwitchoverGlobalCluster"],
        Resource: [all, cluster("eu-central-1", "a"), cluster("eu-west-1", "b")],
      },
    ]);
  });

  test("name every action and every resource", () => {
    expect(JSON.stringify(policy("steward-rights-policy", "policy"))).not.toContain("*");
  });

  test("are those of its account, in its namespace, in its cluster, and of nobody else", () => {
    expect(policy("steward-rights-role", "assumeRolePolicy").Statement).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "pods.eks.amazonaws.com" },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: {
          StringEquals: {
            "aws:SourceAccount": "123456789012",
            "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:eu-west-1:123456789012:cluster/shop-b",
            "aws:RequestTag/kubernetes-namespace": "shop-test",
            "aws:RequestTag/kubernetes-service-account": "steward",
          },
        },
      },
    ]);
    expect(b.inputs("steward-rights-association")).toMatchObject({
      clusterName: "shop-b",
      namespace: "shop-test",
      serviceAccount: "steward",
    });
  });

  test("are there before its pod, which would not be given them later", () => {
    const { dependsOn } = b.resources.find(({ name }) => name === "steward-deployment") ?? {};
    expect(dependsOn).toEqual(
      expect.arrayContaining(["steward-rights-association", "steward-rights-policy"]),
    );
  });
});

test("is made by its site's providers", () => {
  const own = b.resources.filter(({ name, custom }) => custom && name.startsWith("steward-"));
  for (const { name, type, provider } of own) {
    expect([name, provider]).toEqual([name, type.startsWith("aws:") ? "b-aws-provider" : "b-provider"]);
  }
});
