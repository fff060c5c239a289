import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as kms from "@pulumi/aws/kms";
import * as sns from "@pulumi/aws/sns";
import * as pulumi from "@pulumi/pulumi";
import { keyPolicy } from "../aws";
import { type Labels, type Transform, transformed } from "../core";
import type { PlannedAlarm } from "./alarm-plan";

/** What is watched, and in whose name. */
export interface AlarmsArgs {
  /** Begins every name: `shop-production-a`. Replaces the alarms. */
  readonly label: string;
  /** The account that everything is in: 12 digits. */
  readonly accountId: string;
  readonly labels: Labels;
  /** Alarms by name. */
  readonly alarms: Readonly<Record<string, PlannedAlarm>>;
  /**
   * Where AWS keeps the figures.
   * @default the provider's own region
   */
  readonly region?: string | undefined;
  /**
   * The last word on each alarm.
   * @default nothing is changed
   */
  readonly transform?: Transform<cloudwatch.MetricAlarmArgs> | undefined;
}

/** Alarms, and the topic that tells of them: whoever is to be woken subscribes to it. */
export class Alarms extends pulumi.ComponentResource {
  /** ARN of the topic. */
  readonly topic: pulumi.Output<string>;

  constructor(name: string, args: AlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:observability:Alarms", name, {}, opts);
    const child = { parent: this };
    const where = args.region === undefined ? {} : { region: args.region };
    const tags = { ...args.labels };

    const key = new kms.Key(`${name}-key`, { ...where, ...keyArgs(args), tags }, child);
    const topic = new sns.Topic(
      `${name}-topic`,
      { ...where, name: `${args.label}-alarms`, kmsMasterKeyId: key.arn, tags },
      child,
    );
    for (const [alarm, planned] of Object.entries(args.alarms)) {
      const alarmArgs = {
        ...where,
        ...planned,
        name: `${args.label}-${alarm}`,
        alarmActions: [topic.arn],
        okActions: [topic.arn],
        tags,
      };
      new cloudwatch.MetricAlarm(`${name}-${alarm}`, transformed(alarmArgs, args.transform), child);
    }
    this.topic = topic.arn;
    this.registerOutputs({ topic: this.topic });
  }
}

/** CloudWatch can't use AWS' own key for what it sends. */
const keyArgs = ({ label, accountId }: AlarmsArgs): kms.KeyArgs => ({
  description: `What alarms of ${label} say`,
  enableKeyRotation: true,
  deletionWindowInDays: 30,
  policy: keyPolicy(accountId, [
    {
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: "*",
      Condition: { StringEquals: { "aws:SourceAccount": accountId } },
    },
  ]),
});
