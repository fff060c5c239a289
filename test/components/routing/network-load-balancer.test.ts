import * as aws from "@pulumi/aws";
import type { AwsGround } from "../../../components/core";
import { Certificates, NetworkLoadBalancer } from "../../../components/routing";
import { type Registered, type Run, runProgram } from "../../support/program";

const ground = (name: string, region: string): AwsGround => ({
  region,
  accountId: "111122223333",
  provider: new aws.Provider(`${name}-aws`, { region }),
  protect: true,
  vpcId: "vpc",
  vpcCidr: "10.0.0.0/16",
  privateSubnetIds: ["private"],
  publicSubnetIds: ["public-a", "public-b", "public-c"],
  podSecurityGroupId: "pods",
  clusterName: "shop",
});

let run: Run;
beforeAll(async () => {
  run = await runProgram(
    () => {
      const [a, b] = [ground("a", "eu-central-1"), ground("b", "eu-west-1")];
      const { arns } = new Certificates("certificates", {
        fqdn: "web.example.com",
        hostedZoneId: "Z1",
        grounds: { a, b },
      });
      const front = new NetworkLoadBalancer(
        "front",
        {
          ground: a,
          label: "twinstack-a-very-long-name-of-a-stack",
          certificateArn: arns["a"] ?? "",
          ports: { traffic: 8080, ready: { port: 8081, path: "/ready" } },
        },
        { providers: [a.provider] },
      );
      return { url: front.url, targets: front.targets, ...front.loadBalancer };
    },
    { stack: "test", config: {} },
  );
});

const inputsOf = (name: string): Record<string, unknown> => {
  const found = run.resources.find((resource) => resource.name === name);
  if (found === undefined) throw new Error(`no resource ${name}`);
  return found.inputs;
};

test("clients, DNS and alarms are told what it is known by", () => {
  expect(run.outputs).toEqual({
    url: "https://dnsName of front-load-balancer",
    targets: "arn of front-targets",
    dnsName: "dnsName of front-load-balancer",
    zoneId: "zoneId of front-load-balancer",
    arnSuffix: "arnSuffix of front-load-balancer",
    targetsArnSuffix: "arnSuffix of front-targets",
  });
});

test("it stands in public subnets, kept from being deleted, under a name that AWS takes", () => {
  const inputs = inputsOf("front-load-balancer");
  expect(inputs).toMatchObject({
    loadBalancerType: "network",
    internal: false,
    subnets: ["public-a", "public-b", "public-c"],
    enableDeletionProtection: true,
  });
  expect(inputs["name"]).toMatch(/^twinstack-a-very-long-n[a-z0-9-]*-[0-9a-f]{8}$/);
  expect(String(inputs["name"]).length).toBeLessThanOrEqual(32);
});

test("it ends TLS, of 1.2 or newer, with a certificate that is valid", () => {
  expect(inputsOf("front-listener")).toMatchObject({
    port: 443,
    protocol: "TLS",
    sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
    certificateArn: "arn of certificates-a",
  });
  expect(run.resources.find(({ name }) => name === "front-listener")?.dependsOn).toContain(
    "certificates-a-validation",
  );
});

const sorted = (resources: readonly Registered[]): Registered[] =>
  [...resources].sort((one, other) => (one.name < other.name ? -1 : 1));

test("it admits clients on one port, and reaches routers and nothing else", () => {
  const rules = run.resources.filter(({ type }) => /SecurityGroup(In|E)gressRule$/.test(type));
  expect(
    sorted(rules).map(({ type, inputs }) => [
      type.replace(/^.*SecurityGroup|Rule$/g, ""),
      inputs["securityGroupId"],
      inputs["cidrIpv4"] ?? inputs["referencedSecurityGroupId"],
      inputs["fromPort"],
      inputs["toPort"],
    ]),
  ).toEqual([
    ["Ingress", "front-group", "0.0.0.0/0", 443, 443],
    ["Ingress", "pods", "front-group", 8081, 8081],
    ["Egress", "front-group", "pods", 8081, 8081],
    ["Ingress", "pods", "front-group", 8080, 8080],
    ["Egress", "front-group", "pods", 8080, 8080],
  ]);
});

test("its targets are pods that want to be sent requests, and EKS may register them", () => {
  expect(inputsOf("front-targets")).toMatchObject({
    targetType: "ip",
    port: 8080,
    preserveClientIp: "true",
    healthCheck: { protocol: "HTTP", port: "8081", path: "/ready" },
    tags: { "eks:eks-cluster-name": "shop" },
  });
});

test("a name is proved once for every region", () => {
  const records = run.resources.filter(({ type }) => type === "aws:route53/record:Record");
  expect(records.map(({ inputs, provider }) => [provider, inputs["zoneId"], inputs["type"]])).toEqual([
    ["a-aws", "Z1", "CNAME"],
  ]);
  expect(inputsOf("certificates-b-validation")).toEqual({
    certificateArn: "arn of certificates-b",
    validationRecordFqdns: ["fqdn of certificates-record"],
  });
  expect(run.resources.find(({ name }) => name === "certificates-b")?.provider).toBe("b-aws");
});
