import type { MetricAlarmArgs } from "@pulumi/aws/cloudwatch";
import type { Input } from "@pulumi/pulumi";

/** What of a region is watched. */
export interface Watched {
  /** The load balancer and the group of routers behind it, by the last parts of their ARNs. */
  readonly loadBalancer: { readonly arnSuffix: Input<string>; readonly targetsArnSuffix: Input<string> };
  /**
   * The quorum's table.
   * @default none
   */
  readonly table?: string | undefined;
  /**
   * The region's database cluster.
   * @default none
   */
  readonly cluster?: string | undefined;
}

/** An alarm but for its name and whom it wakes. */
export type PlannedAlarm = Pick<
  MetricAlarmArgs,
  | "alarmDescription"
  | "comparisonOperator"
  | "dimensions"
  | "metricName"
  | "namespace"
  | "statistic"
  | "threshold"
> & {
  readonly period: number;
  readonly evaluationPeriods: number;
  readonly treatMissingData: "breaching" | "notBreaching";
};

/** Most AWS figures come once a minute. */
const minute = { period: 60 } as const;

/** Copies that are further behind than this are worth a look long before anybody loses them. */
const lagSeconds = 10;
const milliseconds = 1000;

/** A region's alarms by name. */
export function planAlarms({
  loadBalancer,
  table,
  cluster,
}: Watched): Readonly<Record<string, PlannedAlarm>> {
  return {
    "no-routers": noRouters(loadBalancer),
    ...(table === undefined ? {} : tableAlarms(table)),
    ...(cluster === undefined ? {} : { "replication-lag": replicationLag(cluster) }),
  };
}

const noRouters = ({ arnSuffix, targetsArnSuffix }: Watched["loadBalancer"]): PlannedAlarm => ({
  ...minute,
  alarmDescription: "No router of this region answers its load balancer: clients are sent elsewhere.",
  namespace: "AWS/NetworkELB",
  metricName: "HealthyHostCount",
  dimensions: { LoadBalancer: arnSuffix, TargetGroup: targetsArnSuffix },
  statistic: "Maximum",
  comparisonOperator: "LessThanThreshold",
  threshold: 1,
  evaluationPeriods: 2,
  // Nobody is counted where nobody is registered.
  treatMissingData: "breaching",
});

function tableAlarms(table: string): Record<string, PlannedAlarm> {
  const writes = { ...minute, namespace: "AWS/DynamoDB", statistic: "Sum" };
  return {
    "no-renewals": {
      ...writes,
      alarmDescription: "Nobody in this region renews its lease: it is out of service, or will be.",
      metricName: "ConsumedWriteCapacityUnits",
      dimensions: { TableName: table },
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      evaluationPeriods: 2,
      treatMissingData: "breaching",
    },
    "quorum-throttled": {
      ...writes,
      alarmDescription: "Writes to the quorum's table are turned away: leases may run out.",
      metricName: "WriteThrottleEvents",
      dimensions: { TableName: table },
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: "notBreaching",
    },
    "quorum-errors": {
      ...writes,
      alarmDescription: "DynamoDB fails writes to the quorum's table: leases may run out.",
      metricName: "SystemErrors",
      dimensions: { TableName: table, Operation: "PutItem" },
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      evaluationPeriods: 3,
      treatMissingData: "notBreaching",
    },
  };
}

const replicationLag = (cluster: string): PlannedAlarm => ({
  ...minute,
  alarmDescription: `This region's copy is more than ${lagSeconds} s behind: so much would be lost with the other one.`,
  namespace: "AWS/RDS",
  metricName: "AuroraGlobalDBReplicationLag",
  dimensions: { DBClusterIdentifier: cluster },
  statistic: "Maximum",
  comparisonOperator: "GreaterThanThreshold",
  threshold: lagSeconds * milliseconds,
  evaluationPeriods: 3,
  // The region that writes is behind nobody, and says nothing.
  treatMissingData: "notBreaching",
});

/** That Route 53 answers clients without a region. */
export const planHealthAlarm = (region: string, healthCheckId: Input<string>): PlannedAlarm => ({
  ...minute,
  alarmDescription: `Region ${region} is not in service, or can't be reached: DNS no longer answers with it.`,
  namespace: "AWS/Route53",
  metricName: "HealthCheckStatus",
  dimensions: { HealthCheckId: healthCheckId },
  statistic: "Minimum",
  comparisonOperator: "LessThanThreshold",
  threshold: 1,
  evaluationPeriods: 1,
  treatMissingData: "breaching",
});
