import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { kinds as randomKinds } from "../../platform/plugins/random/src/kinds";
import { kinds as tlsKinds } from "../../platform/plugins/tls/src/kinds";
import { type Change, changesBetween, counts } from "../../review/changes";
import type { Registered, Run } from "../../review/program";
import { replaces } from "../../review/replace-rules";
import { awsReplaces } from "../../review/replace-rules-aws";
import { registered as resource } from "../support/registered";

const run = (...resources: Registered[]): Run => ({ resources, outputs: {} });

/** `operation name` of every change. */
const told = (changes: readonly Change[]): string[] =>
  changes.map(({ operation, resource }) => `${operation} ${resource.name}`);

const vpc = (cidrBlock: string) => resource("aws:ec2/vpc:Vpc", "vpc", { inputs: { cidrBlock } });
const subnet = resource("aws:ec2/subnet:Subnet", "subnet", {
  inputs: { vpcId: "vpc" },
  madeFrom: { vpcId: ["vpc"] },
});
const cluster = resource("aws:eks/cluster:Cluster", "cluster", {
  inputs: { vpcConfig: { subnetIds: ["subnet"] } },
  madeFrom: { vpcConfig: ["subnet"] },
});
const bystander = resource("aws:kms/key:Key", "key");

test("what comes, goes, stays and differs is counted", () => {
  const before = run(resource("aws:kms/key:Key", "old"), vpc("10.0.0.0/16"), bystander);
  const after = run(resource("aws:kms/key:Key", "new"), vpc("10.1.0.0/16"), bystander);
  const changes = changesBetween(before, after);
  expect(told(changes)).toEqual(["create new", "delete old", "replace vpc"]);
  expect(counts(changes)).toEqual({ create: 1, update: 0, replace: 1, delete: 1 });
  expect(changes.map(({ loses }) => loses)).toEqual([
    undefined,
    "everything encrypted with it",
    "everything in it",
  ]);
});

test("what is made from something new follows it: anew where it must be, else as an update", () => {
  const before = run(vpc("10.0.0.0/16"), subnet, cluster, bystander);
  const changes = changesBetween(before, run(vpc("10.1.0.0/16"), subnet, cluster, bystander));
  expect(told(changes)).toEqual(["update cluster", "replace subnet", "replace vpc"]);
  expect(changes.map(({ follows }) => follows)).toEqual([["subnet"], ["vpc"], []]);
});

test("an object of Kubernetes keeps its name, so that nothing follows it", () => {
  const service = (clusterIP: string) =>
    resource("kubernetes:core/v1:Service", "service", {
      inputs: { apiVersion: "v1", kind: "Service", spec: { clusterIP } },
    });
  const user = resource("kubernetes:apps/v1:Deployment", "user", { madeFrom: { spec: ["service"] } });
  expect(told(changesBetween(run(service("None"), user), run(service("10.0.0.1"), user)))).toEqual([
    "replace service",
  ]);
});

test("a provider that points elsewhere makes everything of it anew, and so does another provider", () => {
  const provider = (context: string) =>
    resource("pulumi:providers:kubernetes", "provider", { inputs: { context } });
  const claim = resource("kubernetes:core/v1:PersistentVolumeClaim", "claim", { provider: "provider" });
  const changes = changesBetween(run(provider("a"), claim), run(provider("b"), claim));
  expect(told(changes)).toEqual(["replace claim", "replace provider"]);
  expect(changes[0]).toMatchObject({ follows: ["provider"], loses: "the data on it" });
  const moved = changesBetween(run(claim), run({ ...claim, provider: "other" }));
  expect(told(moved)).toEqual(["replace claim"]);
  const aws = (region: string) => resource("pulumi:providers:aws", "provider", { inputs: { region } });
  const key = { ...bystander, provider: "provider" };
  expect(told(changesBetween(run(aws("eu-central-1"), key), run(aws("eu-west-1"), key)))).toEqual([
    "replace key",
    "replace provider",
  ]);
});

test("another parent is another resource", () => {
  const home = resource("twinstack:index:Site", "home", { custom: false });
  const changes = changesBetween(run(home, bystander), run(home, { ...bystander, parent: "home" }));
  expect(told(changes).sort()).toEqual(["create key", "delete key"]);
});

describe("fields that replace", () => {
  const set = {
    type: "kubernetes:apps/v1:StatefulSet",
    inputs: { apiVersion: "apps/v1", kind: "StatefulSet" },
  };
  const secret = { type: "kubernetes:core/v1:Secret", inputs: { apiVersion: "v1", kind: "Secret" } };

  test.each([
    ["a claim's size", set, ["spec", "volumeClaimTemplates", 0, "spec", "resources"], true],
    ["a selector", set, ["spec", "selector", "matchLabels", "app"], true],
    ["a name", set, ["metadata", "name"], true],
    ["a template", set, ["spec", "template", "spec", "containers", "[mysql]", "image"], false],
    ["replicas", set, ["spec", "replicas"], false],
    ["a Secret's data", secret, ["data", "password"], true],
    ["an EKS cluster's name", { type: "aws:eks/cluster:Cluster", inputs: {} }, ["name"], true],
    ["an EKS cluster's version", { type: "aws:eks/cluster:Cluster", inputs: {} }, ["version"], false],
    [
      "a part of a part",
      { type: "aws:eks/cluster:Cluster", inputs: {} },
      ["kubernetesNetworkConfig", "ipFamily"],
      true,
    ],
    [
      "the other part",
      { type: "aws:eks/cluster:Cluster", inputs: {} },
      ["computeConfig", "nodePools"],
      false,
    ],
    ["any region", { type: "aws:sns/topic:Topic", inputs: {} }, ["region"], true],
    ["a build's arguments", { type: "docker:index/image:Image", inputs: {} }, ["imageName"], false],
  ] as const)("%s", (_, resource, path, expected) => {
    expect(replaces(resource, path, "new")).toBe(expected);
  });

  test("of a Secret change in place where its provider says so", () => {
    expect(replaces(secret, ["data", "password"], "new", { enableSecretMutable: "true" })).toBe(false);
  });

  test("of random and tls are those of the providers", () => {
    for (const { type, inputs } of [...randomKinds, ...tlsKinds]) {
      if (type.startsWith("random:") && !type.endsWith("RandomPassword")) continue;
      for (const [input, { inPlace }] of Object.entries(inputs)) {
        expect([type, input, replaces({ type, inputs: {} }, [input], "new")]).toEqual([
          type,
          input,
          inPlace !== true,
        ]);
      }
    }
  });

  test("of AWS are inputs that there are", () => {
    const unknown = Object.entries(awsReplaces).flatMap(([type, rules]) => {
      const [, module = "", kind = ""] = type.split(":");
      const file = join(__dirname, "../../node_modules/@pulumi/aws", `${module}.d.ts`);
      if (!existsSync(file)) return [type];
      const args = readFileSync(file, "utf8").split(`export interface ${kind}Args `)[1] ?? "";
      return rules
        .map((rule) => rule.split(".")[0] ?? "")
        .filter((input) => !args.includes(`    ${input}?:`) && !args.includes(`    ${input}:`))
        .map((input) => `${type} ${input}`);
    });
    expect(unknown).toEqual([]);
  });
});
