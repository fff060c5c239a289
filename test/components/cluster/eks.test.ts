import * as aws from "@pulumi/aws";
import { createCluster, type EksClusterArgs, groundOf } from "../../../components/cluster";
import { type Registered, runProgram } from "../../support/program";

const args: EksClusterArgs = {
  kind: "eks",
  region: "eu-central-1",
  accountId: "111122223333",
  clusterName: "shop-test",
  version: "1.34",
  vpc: { cidr: "10.16.0.0/16", natGateways: "perZone" },
  administrators: ["arn:aws:iam::111122223333:role/deployer"],
};

async function made(over: Partial<EksClusterArgs> = {}): Promise<readonly Registered[]> {
  const { resources } = await runProgram(
    () => {
      const provider = new aws.Provider("eu-aws", { region: "eu-central-1" });
      const cluster = createCluster("eu", { ...args, ...over }, { providers: [provider] });
      return { resolver: cluster.resolver, cluster: groundOf(cluster)?.clusterName };
    },
    { stack: "test", config: {} },
  );
  return resources;
}

const inputsOf = (resources: readonly Registered[], name: string): Record<string, unknown> =>
  resources.find((resource) => resource.name === name)?.inputs ?? {};
const ofType = (resources: readonly Registered[], type: string): Registered[] =>
  resources.filter((resource) => resource.type.endsWith(`:${type}`));

describe("the cluster", () => {
  let resources: readonly Registered[];
  beforeAll(async () => {
    resources = await made();
  });

  test("is run by AWS, private, logged and encrypted", () => {
    expect(inputsOf(resources, "eu-cluster")).toMatchObject({
      name: "shop-test",
      accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
      bootstrapSelfManagedAddons: false,
      computeConfig: { enabled: true, nodePools: ["general-purpose", "system"] },
      deletionProtection: true,
      enabledClusterLogTypes: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
      encryptionConfig: { provider: { keyArn: "arn of eu-secrets-key" }, resources: ["secrets"] },
      vpcConfig: { endpointPrivateAccess: true, endpointPublicAccess: false },
    });
    expect(inputsOf(resources, "eu-cluster")["vpcConfig"]).not.toHaveProperty("publicAccessCidrs");
  });

  test("is reached with the credentials of whoever runs Pulumi", () => {
    const kubeconfig = JSON.parse(inputsOf(resources, "eu-provider")["kubeconfig"] as string) as {
      clusters: { cluster: object }[];
      users: { user: { exec: object } }[];
    };
    expect(kubeconfig.clusters[0]?.cluster).toEqual({
      server: "endpoint of eu-cluster",
      "certificate-authority-data": "authority of eu-cluster",
    });
    expect(kubeconfig.users[0]?.user.exec).toMatchObject({
      command: "aws",
      args: [
        "eks",
        "get-token",
        "--cluster-name",
        "shop-test",
        "--region",
        "eu-central-1",
        "--output",
        "json",
      ],
    });
  });

  test("is there, and who runs Pulumi is let in, before anything is made in it", () => {
    const provider = resources.find(({ name }) => name === "eu-provider");
    expect(provider?.dependsOn).toEqual(
      expect.arrayContaining(["eu-cluster", "eu-deployer-access", "eu-deployer-policy"]),
    );
  });

  test("outlives nothing that it needs to clean up after itself", () => {
    const cluster = resources.find(({ name }) => name === "eu-cluster");
    expect(cluster?.dependsOn).toEqual(
      expect.arrayContaining([
        "eu-logs",
        "eu-roles-cluster-AmazonEKSLoadBalancingPolicy",
        "eu-vpc-zone-a-nat",
        "eu-vpc-zone-c-private-routes",
      ]),
    );
  });

  test("gives its nodes two rights and its control plane those AWS asks for", () => {
    const policies = ofType(resources, "RolePolicyAttachment").map(({ inputs }) =>
      String(inputs["policyArn"]),
    );
    expect(policies.map((arn) => arn.replace("arn:aws:iam::aws:policy/", "")).sort()).toEqual([
      "AmazonEC2ContainerRegistryPullOnly",
      "AmazonEKSBlockStoragePolicy",
      "AmazonEKSClusterPolicy",
      "AmazonEKSComputePolicy",
      "AmazonEKSLoadBalancingPolicy",
      "AmazonEKSNetworkingPolicy",
      "AmazonEKSWorkerNodeMinimalPolicy",
    ]);
  });

  test("stands in three zones, each with its own way out", () => {
    expect(ofType(resources, "Subnet")).toHaveLength(6);
    expect(ofType(resources, "NatGateway")).toHaveLength(3);
    expect(inputsOf(resources, "eu-vpc-zone-b-private-table")["routes"]).toEqual([
      { cidrBlock: "0.0.0.0/0", natGatewayId: "eu-vpc-zone-b-nat" },
    ]);
  });

  test("reaches AWS' services without leaving its network", () => {
    const services = ofType(resources, "VpcEndpoint").map(({ inputs }) => String(inputs["serviceName"]));
    expect(services.map((name) => name.replace("com.amazonaws.eu-central-1.", "")).sort()).toEqual([
      "dynamodb",
      "ecr.api",
      "ecr.dkr",
      "eks-auth",
      "logs",
      "rds",
      "s3",
      "sts",
    ]);
  });

  test("admits nobody by the security group that is there anyway", () => {
    const { ingress, egress } = inputsOf(resources, "eu-vpc-default-group");
    expect([ingress, egress]).toEqual([undefined, undefined]);
  });
});

test("one way out for all zones is shared by them", async () => {
  const resources = await made({ vpc: { cidr: "10.16.0.0/16", natGateways: "one" } });
  expect(ofType(resources, "NatGateway")).toHaveLength(1);
  expect(inputsOf(resources, "eu-vpc-zone-c-private-table")["routes"]).toEqual([
    { cidrBlock: "0.0.0.0/0", natGatewayId: "eu-vpc-zone-a-nat" },
  ]);
});

test("its API is reached from where somebody said, and from nowhere else", async () => {
  const resources = await made({ publicAccessCidrs: ["198.51.100.0/24"] });
  expect(inputsOf(resources, "eu-cluster")["vpcConfig"]).toMatchObject({
    endpointPrivateAccess: true,
    endpointPublicAccess: true,
    publicAccessCidrs: ["198.51.100.0/24"],
  });
});

test("what is not protected can be destroyed", async () => {
  const resources = await made({ deletionProtection: false });
  expect(resources.filter(({ protect }) => protect)).toEqual([]);
  expect(inputsOf(resources, "eu-cluster")["deletionProtection"]).toBe(false);
});

test("without a provider of its region, it is not made wherever the shell says", async () => {
  await expect(
    runProgram(
      () => {
        createCluster("eu", args);
        return {};
      },
      { stack: "test", config: {} },
    ),
  ).rejects.toThrow("opts.provider is missing; must be an aws.Provider of the cluster's region");
});
