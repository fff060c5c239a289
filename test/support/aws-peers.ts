import * as aws from "@pulumi/aws/provider";
import * as k8s from "@pulumi/kubernetes";
import type { AwsPeerSite, AwsPeerSites } from "../../components";

/** Two sites on AWS: `a` and `b` serve. */
export const awsRegions = { a: "eu-central-1", b: "eu-west-1" } as const;

export const accountId = "123456789012";

/** AWS' authorities of the two regions. */
export const authorityFile = "stacks/certificates/rds-eu.pem";

const site = (name: string, region: (typeof awsRegions)[keyof typeof awsRegions]): AwsPeerSite => ({
  place: { namespace: "shop-test", namespaceName: "shop-test", labels: { "twinstack.dev/region": name } },
  provider: new k8s.Provider(`${name}-provider`, { context: name }),
  aws: {
    region,
    accountId,
    provider: new aws.Provider(`${name}-aws-provider`, {
      region: region as aws.ProviderArgs["region"] & string,
    }),
    vpcId: `vpc-${name}`,
    vpcCidr: "10.0.0.0/16",
    privateSubnetIds: [1, 2, 3].map((zone) => `subnet-${name}-${zone}`),
    podSecurityGroupId: `sg-${name}-pods`,
    clusterName: `shop-${name}`,
    loadBalancer: {
      dnsName: `${name}.elb.example`,
      zoneId: `ZELB${name}`,
      arnSuffix: `net/${name}/1`,
      targetsArnSuffix: `targetgroup/${name}/2`,
    },
  },
});

/** What a program over AWS starts from. Only inside a program: it makes resources. */
export const awsPeers = (): { sites: AwsPeerSites; rolloutTimeoutSeconds: number } => ({
  sites: Object.fromEntries(Object.entries(awsRegions).map(([name, region]) => [name, site(name, region)])),
  rolloutTimeoutSeconds: 90,
});
