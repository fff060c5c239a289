import { descriptionOf } from "../support/description";
import { presentable } from "../support/golden";
import { runStack } from "../support/local";
import type { Registered } from "../support/program";

// What must hold in every stack on AWS, whatever its golden says.

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: Readonly<Record<string, string>> | string;
}

const stacks = ["staging", "production"] as const;

let runs: Readonly<Record<string, readonly Registered[]>> = {};
beforeAll(async () => {
  for (const stack of stacks) {
    runs = { ...runs, [stack]: (await runStack(descriptionOf(stack), stack)).resources };
  }
});

const isProvider = ({ type }: Registered): boolean => type.startsWith("pulumi:providers:");
const isOf = (sdk: string) => (resource: Registered) => resource.type.startsWith(`${sdk}:`);
const isMade = (resource: Registered): boolean => resource.custom && !isProvider(resource);

/** Route 53 is in no region: its records, and what it says of each region's health. */
const isGlobal = ({ name }: Registered): boolean => /^twinstack-(dns|health)-/.test(name);

/** The region a resource's name puts it in; undefined for what regions share. */
const regionIn = ({ name }: Registered): string | undefined =>
  /^twinstack-(?:[a-z]+-)*?([ab])(?:-|$)/.exec(name)?.[1];

const sharedProviders: Readonly<Record<string, string>> = {
  docker: "twinstack-images-provider",
  random: "twinstack-random-provider",
};

const asList = (value: string | readonly string[] | undefined): readonly string[] =>
  typeof value === "string" ? [value] : (value ?? []);

/** Statements of every policy in a resource's inputs. */
function statementsIn(value: unknown): Statement[] {
  if (typeof value === "string") {
    if (!value.startsWith("{") || !value.includes('"Statement"')) return [];
    return (JSON.parse(value) as { Statement: Statement[] }).Statement;
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(statementsIn);
}

describe.each(stacks)("in %s", (stack) => {
  const all = (type?: string): Registered[] =>
    (runs[stack] ?? []).filter((resource) => type === undefined || resource.type === type);
  const policies = () =>
    all().flatMap((resource) => statementsIn(resource.inputs).map((statement) => ({ resource, statement })));

  test("there is much, in both regions", () => {
    for (const region of ["a", "b"]) {
      const inRegion = all().filter((resource) => regionIn(resource) === region);
      expect(inRegion.filter(isOf("aws")).length).toBeGreaterThan(60);
      expect(inRegion.filter(isOf("kubernetes")).length).toBeGreaterThan(15);
    }
  });

  test("every resource has a name of its own, after its parent's", () => {
    expect(new Set(all().map(({ name }) => name)).size).toBe(all().length);
    for (const { name, parent } of all().filter((resource) => resource.parent !== undefined)) {
      expect(name.startsWith(`${parent ?? ""}-`) ? "" : `${name} under ${parent ?? ""}`).toBe("");
    }
  });

  test("every resource is made by the provider of its region; what they share, by the preferred writer's", () => {
    for (const resource of all().filter(isMade)) {
      const [sdk = ""] = resource.type.split(":");
      const region = isGlobal(resource) ? "a" : (regionIn(resource) ?? "a");
      const provider =
        sharedProviders[sdk] ?? `twinstack-${region}-${sdk === "aws" ? "aws" : "cluster"}-provider`;
      expect([resource.name, resource.provider]).toEqual([resource.name, provider]);
    }
  });

  test("each provider works in one region of one account, and says whose everything is", () => {
    const { aws, regions } = descriptionOf(stack);
    const providers = all("pulumi:providers:aws");
    expect(providers.map(({ name }) => name).sort()).toEqual([
      "twinstack-a-aws-provider",
      "twinstack-b-aws-provider",
    ]);
    for (const provider of providers) {
      const region = regionIn(provider) ?? "";
      expect(JSON.stringify(presentable(provider.inputs))).toContain(
        `"region":"${regionOf(regions, region)}"`,
      );
      expect(provider.inputs["allowedAccountIds"]).toBe(JSON.stringify([aws?.accountId]));
      expect(provider.inputs["defaultTags"]).toContain(`"twinstack.dev/stack":"${stack}"`);
    }
  });

  test("both regions are alike, save for where images are pushed", () => {
    const shape = (region: string): string[] =>
      all()
        .filter((resource) => regionIn(resource) === region)
        .map(({ type, name }) => `${type} ${name.replace(new RegExp(`-${region}(?=-|$)`), "-*")}`)
        .filter((line) => !line.endsWith("twinstack-registry-*-replication"))
        .sort();
    expect(shape("a")).toEqual(shape("b"));
  });

  test("no action of a policy is a wildcard", () => {
    expect(policies().length).toBeGreaterThan(15);
    for (const { resource, statement } of policies()) {
      for (const action of asList(statement.Action)) {
        expect([resource.name, action]).toEqual([
          resource.name,
          expect.stringMatching(/^[a-z0-9-]+:[A-Za-z]+$/),
        ]);
      }
    }
  });

  test("no policy is about everything, and none is for everybody", () => {
    for (const { resource, statement } of policies()) {
      // In a key's own policy, this stands for the key.
      const isKey = resource.type === "aws:kms/key:Key";
      const wide = asList(statement.Resource).filter((arn) => arn === "*" || !arn.startsWith("arn:aws:"));
      expect([resource.name, isKey ? [] : wide]).toEqual([resource.name, []]);
      expect([resource.name, JSON.stringify(statement.Principal ?? "")]).toEqual([
        resource.name,
        expect.not.stringContaining("*"),
      ]);
    }
  });

  test("resources of policies end in a wildcard only where AWS makes up the rest", () => {
    const wide = policies()
      .filter(({ resource }) => resource.type !== "aws:kms/key:Key")
      .flatMap(({ statement }) => asList(statement.Resource))
      .filter((arn) => arn.includes("*"))
      .map((arn) => arn.replace(/eu-(central|west)-1/, "*").replace(/\d{12}/, "*"));
    expect([...new Set(wide)].sort()).toEqual([
      "arn:aws:logs:*:*:log-group:*",
      `arn:aws:logs:*:*:log-group:/aws/vpc/twinstack-${stack}/flows:log-stream:*`,
    ]);
  });

  test("the internet reaches load balancers on one port, and nothing else", () => {
    const open = all().filter(
      ({ type, inputs }) => /ingress/i.test(type) && inputs["cidrIpv4"] === "0.0.0.0/0",
    );
    expect(open.map(({ name, inputs }) => [name, inputs["fromPort"], inputs["toPort"]])).toEqual([
      ["twinstack-a-front-clients", 443, 443],
      ["twinstack-b-front-clients", 443, 443],
    ]);
    const outside = all().filter(({ inputs }) => inputs["internal"] === false);
    expect(outside.map(({ type }) => type)).toEqual(Array(2).fill("aws:lb/loadBalancer:LoadBalancer"));
    for (const { name, inputs } of all("aws:ec2/subnet:Subnet")) {
      expect([name, inputs["mapPublicIpOnLaunch"]]).toEqual([name, false]);
    }
    for (const { name, inputs } of all("aws:eks/cluster:Cluster")) {
      expect([name, inputs["vpcConfig"]]).toEqual([
        name,
        expect.objectContaining({ endpointPublicAccess: false }),
      ]);
    }
    for (const { name, inputs } of all().filter(({ type }) => /^aws:rds\/clusterInstance/.test(type))) {
      expect([name, inputs["publiclyAccessible"]]).toEqual([name, false]);
    }
    for (const { name, inputs } of all("kubernetes:core/v1:Service")) {
      expect([name, (inputs["spec"] as { type?: string }).type ?? "ClusterIP"]).toEqual([name, "ClusterIP"]);
    }
  });

  test("nodes, pods and databases are in private subnets", () => {
    const used = all().filter(({ type }) =>
      /^aws:(eks\/cluster|rds\/subnetGroup|ec2\/vpcEndpoint):/.test(type),
    );
    expect(used.length).toBeGreaterThan(3);
    for (const { name, inputs } of used) {
      expect([name, JSON.stringify(inputs)]).toEqual([name, expect.not.stringMatching(/-public-subnet/)]);
    }
  });

  test("everything that is kept is encrypted with a key of our own, and keys are renewed", () => {
    for (const { name, inputs } of all("aws:kms/key:Key")) {
      expect([name, inputs["enableKeyRotation"]]).toEqual([name, true]);
    }
    for (const { name, inputs } of all("aws:cloudwatch/logGroup:LogGroup")) {
      expect([name, inputs["kmsKeyId"], inputs["retentionInDays"]]).toEqual([
        name,
        expect.any(String),
        expect.any(Number),
      ]);
    }
    for (const { name, inputs } of all("aws:ecr/repository:Repository")) {
      expect([name, inputs["imageTagMutability"], inputs["encryptionConfigurations"]]).toEqual([
        name,
        "IMMUTABLE",
        [expect.objectContaining({ encryptionType: "KMS" })],
      ]);
    }
    for (const { name, inputs } of all("aws:rds/cluster:Cluster")) {
      expect([name, inputs["storageEncrypted"]]).toEqual([name, true]);
    }
  });

  test("what was made up, or logged in with, is secret wherever it goes", () => {
    for (const { name, inputs } of all()) {
      expect([name, /result of /.test(JSON.stringify(presentable(inputs)))]).toEqual([name, false]);
    }
  });

  test("a pod that leaves serves for longer than its load balancer takes to hear of it", () => {
    for (const { inputs } of all("aws:lb/targetGroup:TargetGroup")) {
      expect(inputs["deregistrationDelay"]).toBeLessThanOrEqual(60);
    }
    expect(
      all("kubernetes:core/v1:ConfigMap")
        .map(({ inputs }) => JSON.stringify(inputs))
        .join(),
    ).toContain("sleep 60");
  });
});

/** AWS' name of a stack's region. */
const regionOf = (regions: ReturnType<typeof descriptionOf>["regions"], name: string): string => {
  const cluster = regions[name]?.cluster;
  return cluster?.kind === "eks" ? cluster.region : "";
};

/** Losing one of these loses data, or what everybody knows the stack by. */
const stateful =
  /^aws:(kms\/key|ecr\/repository|eks\/cluster|dynamodb\/table|rds\/cluster|rds\/globalCluster|lb\/loadBalancer):/;

test("in production, everything that holds state is protected twice: by Pulumi and, where it can, by AWS", () => {
  // What alarms say is encrypted on its way, and kept nowhere.
  const found = (runs["production"] ?? []).filter(
    ({ type, name }) => stateful.test(type) && !/-alarms-key$/.test(name),
  );
  expect(found.length).toBeGreaterThan(15);
  for (const { name, type, protect, inputs } of found) {
    expect([name, protect]).toEqual([name, true]);
    if (/kms|ecr/.test(type)) continue;
    const flags = ["deletionProtection", "deletionProtectionEnabled", "enableDeletionProtection"];
    expect([name, flags.map((flag) => inputs[flag])]).toEqual([name, expect.arrayContaining([true])]);
  }
});

test("in staging, nothing is: a destroy leaves nothing", () => {
  for (const { name, protect, inputs } of runs["staging"] ?? []) {
    expect([name, protect]).toEqual([name, false]);
    expect([name, JSON.stringify(inputs)]).toEqual([
      name,
      expect.not.stringMatching(/deletionProtection\w*":true/i),
    ]);
  }
});
