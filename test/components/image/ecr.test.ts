import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsGround } from "../../../components/core";
import { createRegistry } from "../../../components/image";
import { type Run, runProgram } from "../../support/program";

const ground = (name: string, region: string): AwsGround => ({
  region,
  accountId: "111122223333",
  provider: new aws.Provider(`${name}-aws`, { region }),
  protect: true,
  vpcId: "vpc",
  vpcCidr: "10.0.0.0/16",
  privateSubnetIds: [],
  publicSubnetIds: [],
  podSecurityGroupId: "group",
  clusterName: "shop",
});

const regions: Readonly<Record<string, string>> = { a: "eu-central-1", b: "eu-west-1" };
const digest = `sha256:${"a".repeat(64)}`;

/** A registry over some regions, and what it says. */
const registryOver = (names: readonly string[], home: string): Promise<Run> =>
  runProgram(
    () => {
      const grounds = Object.fromEntries(names.map((name) => [name, ground(name, regions[name] ?? "")]));
      const args = { path: "shop-test", grounds, roles: ["web", "nginx"] };
      const registry = createRegistry("registry", { kind: "ecr", region: home }, args);
      const pushed = pulumi.output(`${registry.repository("web")}@${digest}`);
      return {
        pushed,
        pulled: registry.pulledIn(names.at(-1) ?? "", pushed),
        elsewhere: registry.pulledIn("a", pulumi.output(`registry.example/web@${digest}`)),
        username: registry.credentials?.username,
        password: registry.credentials?.password,
      };
    },
    { stack: "test", config: {} },
  );

describe("over two regions", () => {
  let run: Run;
  beforeAll(async () => {
    run = await registryOver(["a", "b"], "a");
  });
  const inputsOf = (name: string) => run.resources.find((resource) => resource.name === name)?.inputs;

  test("images are pushed to one and pulled from the region's own copy", () => {
    expect(run.outputs).toMatchObject({
      pushed: `111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop-test/web@${digest}`,
      pulled: `111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop-test/web@${digest}`,
      elsewhere: `registry.example/web@${digest}`,
    });
  });

  test("a push logs in with a token, which is a secret", () => {
    expect(run.outputs["username"]).toBe("AWS");
    expect(run.outputs["password"]).toBe("result of a login");
  });

  test("repositories are there in both before anything is copied", () => {
    expect(inputsOf("registry-a-replication")?.["replicationConfiguration"]).toEqual({
      rules: [
        {
          destinations: [{ region: "eu-west-1", registryId: "111122223333" }],
          repositoryFilters: [{ filter: "shop-test/", filterType: "PREFIX_MATCH" }],
        },
      ],
    });
    const replication = run.resources.find(({ name }) => name === "registry-a-replication");
    expect(replication?.dependsOn).toEqual([
      "registry-a-nginx",
      "registry-a-web",
      "registry-b-nginx",
      "registry-b-web",
    ]);
  });

  test("a tag means one image for ever, which is scanned and encrypted", () => {
    for (const name of ["registry-a-web", "registry-b-web"]) {
      expect(inputsOf(name)).toMatchObject({
        name: "shop-test/web",
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "KMS" }],
        forceDelete: false,
      });
    }
  });

  test("each region's are made by its own provider, with a key of its own", () => {
    const providers = run.resources
      .filter(({ name }) => name.startsWith("registry-b-"))
      .filter(({ custom }) => custom)
      .map(({ provider }) => provider);
    expect(new Set(providers)).toEqual(new Set(["b-aws"]));
    expect(inputsOf("registry-b-web")?.["encryptionConfigurations"]).toEqual([
      { encryptionType: "KMS", kmsKey: "arn of registry-b-images-key" },
    ]);
  });
});

test("over one region nothing is copied", async () => {
  const { resources, outputs } = await registryOver(["a"], "a");
  expect(resources.filter(({ type }) => /replication/i.test(type))).toEqual([]);
  expect(outputs["username"]).toBe("AWS");
});

test("a region that is not there can't be pushed to", async () => {
  await expect(registryOver(["a", "b"], "c")).rejects.toThrow(
    'registry has 1 problem:\n  region is "c"; must be a region on AWS: one of a, b',
  );
});
