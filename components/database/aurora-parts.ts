import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as ec2 from "@pulumi/aws/ec2";
import * as rds from "@pulumi/aws/rds";
import * as vpc from "@pulumi/aws/vpc";
import type * as pulumi from "@pulumi/pulumi";
import { EncryptionKey, logsMayUse } from "../aws";
import { type Labels, transformed } from "../core";
import { auroraFamily, auroraLogs, auroraParameters, auroraPort } from "./aurora-config";
import type { AuroraRegionArgs } from "./aurora-region";

/** What a cluster is made of besides itself, by the names that AWS gave, and what must be there first. */
export interface AuroraParts {
  readonly keyArn: pulumi.Output<string>;
  readonly subnetGroup: pulumi.Output<string>;
  readonly parameterGroup: pulumi.Output<string>;
  readonly securityGroup: pulumi.Output<string>;
  readonly logs: readonly pulumi.Resource[];
}

/** Labels as tags. */
export const tagsOf = (labels: Labels) => ({ ...labels, "twinstack.dev/component": "database" });

/** Who gets in: pods of this region, and nobody gets out. */
function makeNetwork(name: string, { site, cluster }: AuroraRegionArgs, parent: pulumi.Resource) {
  const { vpcId, privateSubnetIds, podSecurityGroupId } = site.aws;
  const tags = tagsOf(site.place.labels);
  const subnets = new rds.SubnetGroup(
    `${name}-subnets`,
    { name: cluster, subnetIds: [...privateSubnetIds], tags },
    { parent },
  );
  const group = new ec2.SecurityGroup(
    `${name}-security-group`,
    { name: `${cluster}-database`, description: "The database's instances", vpcId, tags },
    { parent },
  );
  new vpc.SecurityGroupIngressRule(
    `${name}-from-pods`,
    {
      securityGroupId: group.id,
      referencedSecurityGroupId: podSecurityGroupId,
      ipProtocol: "tcp",
      fromPort: auroraPort,
      toPort: auroraPort,
      description: "Pods of this region's cluster",
      tags,
    },
    { parent },
  );
  return { subnetGroup: subnets.name, securityGroup: group.id };
}

/** The key of data and logs. */
const makeKey = (
  name: string,
  { site, cluster, settings }: AuroraRegionArgs,
  parent: pulumi.Resource,
): pulumi.Output<string> =>
  new EncryptionKey(
    `${name}-data`,
    {
      description: `Data of ${cluster}`,
      accountId: site.aws.accountId,
      statements: [logsMayUse(site.aws.region, site.aws.accountId)],
      protect: settings.deletionProtection,
    },
    { parent },
  ).arn;

const makeParameters = (
  name: string,
  { site, cluster, transform }: AuroraRegionArgs,
  parent: pulumi.Resource,
): pulumi.Output<string> =>
  new rds.ClusterParameterGroup(
    `${name}-parameters`,
    transformed(
      {
        name: cluster,
        family: auroraFamily,
        description: "Names of transactions, TLS and logs",
        parameters: [...auroraParameters],
        tags: tagsOf(site.place.labels),
      },
      transform?.parameters,
    ),
    { parent },
  ).name;

/** Made by AWS otherwise: in clear, to be kept for ever and left behind. */
const makeLogs = (
  name: string,
  { site, cluster }: AuroraRegionArgs,
  kmsKeyId: pulumi.Input<string>,
  parent: pulumi.Resource,
): cloudwatch.LogGroup[] =>
  auroraLogs.map(
    (log) =>
      new cloudwatch.LogGroup(
        `${name}-${log}-log`,
        {
          name: `/aws/rds/cluster/${cluster}/${log}`,
          retentionInDays: 90,
          kmsKeyId,
          tags: tagsOf(site.place.labels),
        },
        { parent },
      ),
  );

/** Makes what a cluster needs to be there before it. */
export function makeParts(name: string, args: AuroraRegionArgs, parent: pulumi.Resource): AuroraParts {
  const keyArn = makeKey(name, args, parent);
  return {
    ...makeNetwork(name, args, parent),
    keyArn,
    parameterGroup: makeParameters(name, args, parent),
    logs: makeLogs(name, args, keyArn, parent),
  };
}
