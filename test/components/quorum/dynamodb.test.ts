import {
  createQuorum,
  type DynamodbQuorumConfig,
  leaseSecondsOf,
  placeProblems,
  quorumProblems,
  quorumRunsInPods,
  type QuorumTransform,
  sentence,
} from "../../../components";
import { awsPeers } from "../../support/aws-peers";
import { type Made, made, peers } from "../../support/peers";

const config: DynamodbQuorumConfig = { kind: "dynamodb", witness: { name: "w", region: "eu-west-2" } };

const quorum = (over: Partial<DynamodbQuorumConfig> = {}, transform?: QuorumTransform): Promise<Made> =>
  made(() => {
    const args = { ...awsPeers(), ...(transform === undefined ? {} : { transform }) };
    const { access, leaseSeconds } = createQuorum("quorum", { ...config, ...over }, args);
    return { access, leaseSeconds };
  });

let two: Made;
beforeAll(async () => {
  two = await quorum();
});

test("says where each site's copy is, by names that are known before anything exists", () => {
  const replica = (region: string) => ({
    region,
    arn: `arn:aws:dynamodb:${region}:123456789012:table/shop-test-quorum`,
  });
  expect(two.outputs).toEqual({
    leaseSeconds: 10,
    access: {
      kind: "table",
      table: "shop-test-quorum",
      replicas: { a: replica("eu-central-1"), b: replica("eu-west-1") },
    },
  });
});

test("is one table that two regions and a witness agree on", () => {
  const tables = two.resources.filter(({ type }) => type.startsWith("aws:dynamodb"));
  expect(tables.map(({ name, provider }) => [name, provider])).toEqual([["quorum-table", "a-aws-provider"]]);
  expect(two.inputs("quorum-table")).toMatchObject({
    name: "shop-test-quorum",
    hashKey: "stack",
    attributes: [{ name: "stack", type: "S" }],
    billingMode: "PAY_PER_REQUEST",
    replicas: [{ regionName: "eu-west-1", consistencyMode: "STRONG" }],
    globalTableWitness: { regionName: "eu-west-2" },
  });
});

test("is encrypted, can be set back and can't be deleted, in every region", () => {
  expect(two.inputs("quorum-table")).toMatchObject({
    serverSideEncryption: { enabled: true },
    pointInTimeRecovery: { enabled: true },
    deletionProtectionEnabled: true,
    replicas: [{ pointInTimeRecovery: true, deletionProtectionEnabled: true }],
  });
  // Who renews too late is told by the others' clocks; AWS may take days to delete what is out of date.
  expect(two.inputs("quorum-table")).not.toHaveProperty("ttl");
});

test("of a trial can be deleted, everywhere", async () => {
  const trial = await quorum({ deletionProtection: false });
  expect(trial.inputs("quorum-table")).toMatchObject({
    deletionProtectionEnabled: false,
    replicas: [{ deletionProtectionEnabled: false }],
  });
});

test("has an escape hatch with the last word", async () => {
  const { inputs } = await quorum(
    {},
    { dynamodb: { table: (args) => ({ ...args, tableClass: "STANDARD_INFREQUENT_ACCESS" }) } },
  );
  expect(inputs("quorum-table")["tableClass"]).toBe("STANDARD_INFREQUENT_ACCESS");
});

test("runs in no pod, and says so", () => {
  expect(quorumRunsInPods(config)).toBe(false);
  expect(quorumRunsInPods({ kind: "etcd" })).toBe(true);
  expect(() => quorumRunsInPods({ kind: "consul" as "etcd" })).toThrow(
    'quorum.kind is "consul"; must be one of the kinds this version knows',
  );
});

test("the lease is the kind's own where nobody says otherwise", () => {
  expect(leaseSecondsOf(config)).toBe(10);
  expect(leaseSecondsOf({ ...config, leaseSeconds: 20 })).toBe(20);
  expect(leaseSecondsOf({ kind: "etcd", storage: { gibibytes: 1 } })).toBe(5);
});

test("a lease that a write over regions would outlast is refused wherever it comes from", async () => {
  const text =
    "quorum.leaseSeconds is 4; must be at least 5; " +
    "it is renewed every fifth of it, and a write that two regions agree on may take 1 s";
  expect(quorumProblems({ ...config, leaseSeconds: 4 }, ["quorum"]).map(sentence)).toEqual([text]);
  expect(quorumProblems({ ...config, leaseSeconds: 5 }, ["quorum"])).toEqual([]);
  await expect(quorum({ leaseSeconds: 4 })).rejects.toThrow(text);
});

describe("regions", () => {
  const site = (name: string, region: string) => ({
    name,
    region,
    path: ["regions", name, "cluster", "region"],
  });
  const told = (witness: string, ...sites: ReturnType<typeof site>[]) =>
    placeProblems(sites, witness, ["quorum"]).map(sentence);

  test("of one of AWS' sets are fine", () => {
    expect(told("eu-west-2", site("a", "eu-central-1"), site("b", "eu-west-1"))).toEqual([]);
    expect(told("us-east-1", site("a", "us-west-2"), site("b", "us-east-2"))).toEqual([]);
  });

  test.each([
    [
      ["eu-west-1", "eu-central-1", "eu-west-1"],
      'quorum.witness.region is "eu-west-1"; must be one of eu-west-2, eu-west-3; two of the three in one region would be lost together',
    ],
    [
      ["us-east-1", "eu-central-1", "eu-west-1"],
      'quorum.witness.region is "us-east-1"; must be one of eu-west-2, eu-west-3; AWS has strong consistency with eu-central-1 and eu-west-1 there only',
    ],
    [
      ["eu-west-2", "eu-central-1", "eu-central-1"],
      'regions.b.cluster.region is "eu-central-1"; must be one of eu-west-1, eu-west-2, eu-west-3; two of the three in one region would be lost together',
    ],
    [
      ["eu-west-2", "sa-east-1", "eu-west-1"],
      'regions.a.cluster.region is "sa-east-1"; must be one of eu-central-1, eu-west-1, eu-west-2, eu-west-3, us-east-1, us-east-2, us-west-2, ap-northeast-1, ap-northeast-2, ap-northeast-3; AWS has strong consistency between these only',
    ],
  ] as const)("%j are refused", ([witness, a, b], text) => {
    expect(told(witness, site("a", a), site("b", b))).toEqual([text]);
  });

  test("are two", () => {
    expect(told("eu-west-2", site("a", "eu-central-1"))).toEqual([
      "quorum is of 1 region and a witness (a); must be of 2 regions and a witness; " +
        "AWS makes it of two copies and a witness: add or remove regions",
    ]);
  });

  test("are looked at before the table is asked for", async () => {
    await expect(quorum({ witness: { name: "w", region: "eu-west-1" } })).rejects.toThrow(
      'quorum.witness.region is "eu-west-1"; must be one of eu-west-2, eu-west-3',
    );
  });
});

test("of sites that are not on AWS is refused", async () => {
  await expect(
    made(() => {
      createQuorum("quorum", config, peers());
      return {};
    }),
  ).rejects.toThrow(
    'sites is "a", "b", "w"; must be of sites with a cluster of kind "eks", since quorum is a service of AWS',
  );
});
