import * as aws from "@pulumi/aws";
import { createCluster, Topology, type TopologyRegion } from "../components";

// Two regions of an account of yours: networks, clusters, registries and load balancers are made with the service, and
// joined by Aurora, DynamoDB and Route 53. All you have before is a role that may do so, and the zone of the name.
const accountId = "111122223333";

const region = (name: string, awsRegion: string, cidr: string): TopologyRegion => {
  const provider = new aws.Provider(`aws-${name}-aws-provider`, {
    region: awsRegion,
    allowedAccountIds: [accountId],
  });
  const cluster = createCluster(
    `aws-${name}-cluster`,
    {
      kind: "eks",
      region: awsRegion,
      accountId,
      clusterName: "twinstack-aws",
      version: "1.34",
      vpc: { cidr, natGateways: "perZone" },
      administrators: [`arn:aws:iam::${accountId}:role/deployer`],
    },
    { providers: [provider] },
  );
  return {
    cluster,
    routing: {
      kind: "nginx",
      algorithm: "weighted",
      backends: { stable: { weight: 9 }, canary: { weight: 1 } },
      exposure: { kind: "networkLoadBalancer" },
      drainSeconds: 60,
    },
  };
};

const { endpoints, fqdn, database } = new Topology("aws", {
  project: "twinstack",
  stack: "aws",
  images: {
    registry: { kind: "ecr", region: "frankfurt" },
    builder: "golang:1.26",
    nginx: "nginx:1.30",
    valkey: "valkey/valkey:9",
  },
  service: {
    version: "1.0.0",
    scaling: { kind: "cpu", minReplicas: 2, maxReplicas: 10, targetCpuPercent: 60 },
    resources: { cpuMillicores: 250, memoryMebibytes: 128 },
  },
  regions: {
    frankfurt: region("frankfurt", "eu-central-1", "10.16.0.0/16"),
    dublin: region("dublin", "eu-west-1", "10.17.0.0/16"),
  },
  quorum: { kind: "dynamodb", witness: { name: "london", region: "eu-west-2" } },
  database: {
    kind: "aurora",
    // Aurora acknowledges a write before the other region has it: an rpoSeconds here does not compile.
    mode: "async",
    preferredWriter: "frankfurt",
    instanceClass: "db.r8g.large",
    certificateAuthorityFile: "stacks/certificates/rds-eu.pem",
  },
  dns: {
    kind: "route53",
    zone: "example.com",
    zoneId: "Z0123456789ABCDEFGHIJ",
    name: "shop",
    policy: "active-active",
    rtoSeconds: 120,
  },
});

export { database, endpoints, fqdn };
