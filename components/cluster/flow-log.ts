import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as ec2 from "@pulumi/aws/ec2";
import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { policyText, serviceTrust } from "../aws";

/** Whose connections are logged, and where to. */
export interface FlowLogArgs {
  readonly vpcId: pulumi.Output<string>;
  /** AWS' name of the region. */
  readonly region: string;
  readonly accountId: string;
  /** What the network is called; the log group's name has it. */
  readonly label: string;
  /** The key that the log is encrypted with. */
  readonly logKeyArn: pulumi.Input<string>;
}

/** For how long logs of a cluster and its network are kept. */
export const logRetentionDays = 90;

/** Who talked to whom in a network, and who was refused. */
export class FlowLog extends pulumi.ComponentResource {
  constructor(name: string, args: FlowLogArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:cluster:FlowLog", name, {}, opts);
    const { vpcId, region, accountId, label, logKeyArn } = args;
    const child = { parent: this };
    const groupName = `/aws/vpc/${label}/flows`;
    const group = new cloudwatch.LogGroup(
      `${name}-group`,
      { name: groupName, kmsKeyId: logKeyArn, retentionInDays: logRetentionDays },
      child,
    );
    const role = new iam.Role(
      `${name}-role`,
      {
        description: `Writes the flow log of ${label} in ${region}`,
        assumeRolePolicy: serviceTrust("vpc-flow-logs.amazonaws.com", {
          StringEquals: { "aws:SourceAccount": accountId },
        }),
      },
      child,
    );
    const policy = new iam.RolePolicy(
      `${name}-policy`,
      { role: role.name, policy: writerPolicy(`arn:aws:logs:${region}:${accountId}:log-group`, groupName) },
      child,
    );
    new ec2.FlowLog(
      `${name}-log`,
      { vpcId, trafficType: "ALL", logDestination: group.arn, iamRoleArn: role.arn, tags: { Name: label } },
      { ...child, dependsOn: [policy] },
    );
    this.registerOutputs({});
  }
}

/** May write streams of one group. AWS lists groups for no single one of them. */
const writerPolicy = (groups: string, name: string): string =>
  policyText([
    {
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
      Resource: [`${groups}:${name}`, `${groups}:${name}:log-stream:*`],
    },
    { Effect: "Allow", Action: "logs:DescribeLogGroups", Resource: `${groups}:*` },
  ]);
