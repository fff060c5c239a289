import { unprotected } from "../../review/changes";
import { awsReplaces } from "../../review/replace-rules-aws";
import { commentLimit } from "../../review/report";
import type { Declared } from "../../review/stack";
import { descriptionOf, oneRegionOf } from "../support/description";
import { registered } from "../support/registered";
import { expected } from "../support/golden";
import type { Registered } from "../support/program";
import { declaredAs, edited, expectedFile, reportOf } from "./support";

const ownImage = `registry.example/web@sha256:${"b".repeat(64)}`;

/** Changes as people make them, and the stateful resources that each would cost. */
const typical: readonly [
  name: string,
  edits: Readonly<Record<string, unknown>>,
  losses: readonly string[],
][] = [
  ["weights", { "regions.a.routing.backends.canary.weight": 2 }, []],
  ["canary-image", { "regions.b.routing.backends.canary.image": ownImage }, []],
  ["replicas", { "service.scaling.minReplicas": 3, "regions.a.routing.replicas": 3 }, []],
  ["mode-async", { "database.mode": "async", "database.rpoSeconds": undefined }, []],
  ["ttl", { "dns.ttlSeconds": 6 }, []],
  ["version", { "service.version": "0.2.0" }, []],
  [
    "database-storage",
    { "database.storage.gibibytes": 5 },
    ["twinstack-peers-database-a-stateful-set", "twinstack-peers-database-b-stateful-set"],
  ],
  ["lease", { "quorum.leaseSeconds": 7 }, []],
  ["database-memory", { "database.memoryMebibytes": 1024 }, []],
];

/** The same on AWS; what is protected, `up` refuses to lose. */
const onAws: readonly [
  environment: string,
  name: string,
  edits: Readonly<Record<string, unknown>>,
  losses: readonly string[],
][] = [
  ["production", "production-weights", { "regions.b.routing.backends.canary.weight": 3 }, []],
  ["production", "production-lease", { "quorum.leaseSeconds": 12 }, []],
  ["production", "production-instance-class", { "database.instanceClass": "db.r8g.xlarge" }, []],
  ["production", "production-unprotected", { "database.deletionProtection": false }, []],
  [
    "staging",
    "staging-kubernetes",
    { "regions.a.cluster.version": "1.35", "regions.a.cluster.publicAccessCidrs": ["203.0.113.0/24"] },
    [],
  ],
  [
    "staging",
    "staging-network",
    { "regions.b.cluster.vpc.cidr": "10.99.0.0/16" },
    ["twinstack-b-cluster-vpc-network"],
  ],
];

let local: Declared;
let alone: Declared;
beforeAll(async () => {
  local = await declaredAs(descriptionOf("local"));
  alone = await declaredAs(oneRegionOf("local"));
});

test.each(typical)("%s", async (name, edits, losses) => {
  const after = await declaredAs(edited("local", edits));
  const { text, losses: lost } = reportOf(local, after);
  expect(text).toBe(expected(expectedFile(name), text));
  expect(lost).toEqual(losses);
});

describe("on AWS", () => {
  const before = new Map<string, Declared>();
  beforeAll(async () => {
    for (const stack of ["staging", "production"]) {
      before.set(stack, await declaredAs(descriptionOf(stack), stack));
    }
  });

  test.each(onAws)("%s: %s", async (environment, name, edits, losses) => {
    const old = before.get(environment);
    if (old === undefined) throw new Error(`no stack ${environment}`);
    const after = await declaredAs(edited(environment, edits), environment);
    const { text, losses: lost } = reportOf(old, after, undefined, environment);
    expect(text).toBe(expected(expectedFile(name), text));
    expect(lost).toEqual(losses);
  });

  test("every type that may be replaced has its rules", () => {
    const types = [...before.values()].flatMap(({ run }) => run.resources.map(({ type }) => type));
    const ruled = new Set(Object.keys(awsReplaces));
    expect(types.filter((type) => type.startsWith("aws:") && !ruled.has(type))).toEqual([]);
  });
});

test("a region is removed, and one is added", () => {
  const removed = reportOf(local, alone);
  expect(removed.text).toBe(expected(expectedFile("region-removed"), removed.text));
  expect(removed.losses).toContain("twinstack-b-site-namespace");
  expect(removed.losses).toContain("twinstack-peers-database-a-stateful-set");
  const added = reportOf(alone, local);
  expect(added.text).toBe(expected(expectedFile("region-added"), added.text));
  expect(added.losses).toEqual([]);
});

test("equal input gives an equal text, byte for byte; no change is told as none", async () => {
  const again = await declaredAs(descriptionOf("local"));
  const [once, twice] = [reportOf(alone, local), reportOf(alone, again)];
  expect(Buffer.from(twice.text).equals(Buffer.from(once.text))).toBe(true);
  const { text } = reportOf(local, again);
  expect(text).toContain("### local: nothing changes");
  expect(text).not.toContain("#### Resources");
});

describe("the length", () => {
  const lengths = [commentLimit, 20_000, 9_000, 3_000, 1_500];

  test.each(lengths)("fits %d characters, the verdict always", (limit) => {
    const { text } = reportOf(alone, local, limit);
    expect(text.length).toBeLessThanOrEqual(limit);
    expect(text).toContain("### local: 124 create, 4 update, **1 replace**, 0 delete, 22 unchanged");
    expect(text).toContain("- quorum added");
  });

  test("leaves out the least important first, and says so", () => {
    const all = reportOf(alone, local, Infinity).text;
    expect(all).not.toContain("Trimmed");
    const [resources = "", components = "", types = ""] = [all.length - 1, 7_000, 1_500].map(
      (limit) => reportOf(alone, local, limit).text,
    );
    expect(resources).toContain("all but three fields of each resource");
    expect(components).toContain("without single resources");
    expect(types).toContain("components, and all but the first lines");
    for (const text of [resources, components, types]) {
      expect(text).toContain("`make pr-report ENV=local BASE=main LIMIT=none` tells all.");
    }
  });

  test("of endless lists is kept too", () => {
    const many = Array.from({ length: 3_000 }, (_, index): Registered => ({
      ...bare,
      type: "kubernetes:apps/v1:StatefulSet",
      parent: `component-${index}`,
      name: `set-${String(index).padStart(4, "0")}-${"x".repeat(200)}`,
    }));
    const before: Declared = { run: { resources: many, outputs: {} }, description: {} };
    const { text, losses } = reportOf(before, local);
    expect(text.length).toBeLessThanOrEqual(commentLimit);
    expect(text).toContain("- and 2977 more lines");
    expect(losses).toHaveLength(3_000);
  });
});

const bare = registered("kubernetes:core/v1:ConfigMap", "twinstack-a-config");
const only = (...resources: Registered[]): Declared => ({ run: { resources, outputs: {} }, description: {} });

describe("secrets", () => {
  const secret = (value: string) => ({
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    value,
  });
  const key = "-----BEGIN PRIVATE KEY-----\nMIIBhunter2\n-----END PRIVATE KEY-----\n";
  const holding: [how: string, inputs: (value: string) => Record<string, unknown>][] = [
    ["marked by Pulumi", (value) => ({ data: { token: secret(value) } })],
    ["in a list", (value) => ({ args: ["--x", secret(value)] })],
    ["by the name of their key", (value) => ({ masterPassword: value })],
    ["in an environment variable", (value) => ({ env: [{ name: "REDIS_PASSWORD", value }] })],
    ["in a text", (value) => ({ data: { "app.conf": `one\nurl=https://me:${value}@host/\ntwo` } })],
    ["a private key by its look", (value) => ({ data: { pem: key.replace("MIIB", value) } })],
  ];

  test.each(holding)("%s are masked", (_, inputs) => {
    const before = only({ ...bare, inputs: inputs("hunter1") });
    const after = only({ ...bare, inputs: inputs("hunter2") });
    for (const [one, other] of [
      [before, after],
      [only({ ...bare, inputs: {} }), after],
      [before, only({ ...bare, inputs: {} })],
    ] as const) {
      const { text } = reportOf(one, other);
      expect(text).toContain(`twinstack-a-config`);
      expect(text).not.toContain("hunter");
    }
  });

  test("of the stack are in no golden", () => {
    expect(reportOf(alone, local, Infinity).text).not.toMatch(/(result|privateKeyPem\w*) of /);
  });
});

describe("what is lost", () => {
  const table: Registered = {
    ...bare,
    type: "kubernetes:core/v1:PersistentVolumeClaim",
    name: "claim",
    inputs: { apiVersion: "v1", kind: "PersistentVolumeClaim", spec: { storageClassName: "fast" } },
  };
  const moved = { ...table, inputs: { ...table.inputs, spec: { storageClassName: "slow" } } };

  test("is told with the reason", () => {
    const { text } = reportOf(only(table), only(moved));
    expect(text).toContain("**Stateful resources are lost:** 1 **replace**.");
    expect(text).toContain(
      "- **replace** PersistentVolumeClaim `claim` (`spec.storageClassName`): the data on it",
    );
  });

  test("is refused by Pulumi where it is protected", () => {
    const { text } = reportOf(only({ ...table, protect: true }), only());
    expect(text).toContain("- **delete** PersistentVolumeClaim `claim`: the data on it; it is protected");
  });

  test("and no longer protected is told too", () => {
    const guarded = only({ ...table, protect: true });
    expect(unprotected(guarded.run, only(table).run)).toEqual(["claim"]);
    expect(reportOf(guarded, only(table)).text).toContain("`claim` is **no longer protected**");
  });
});
