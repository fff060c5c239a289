import * as aws from "@pulumi/aws/provider";
import { Alarms, planAlarms, planHealthAlarm } from "../../../components";
import { accountId } from "../../support/aws-peers";
import { type Made, made } from "../../support/peers";

const loadBalancer = { arnSuffix: "net/shop/1", targetsArnSuffix: "targetgroup/shop/2" };
const watched = { loadBalancer, table: "shop-quorum", cluster: "shop-a" };

const alarms = (region?: string): Promise<Made> =>
  made(() => {
    const provider = new aws.Provider("a-aws-provider", { region: "eu-central-1" });
    const args = { label: "shop-a", accountId, labels: { "twinstack.dev/region": "a" } };
    const { topic } = new Alarms(
      "alarms",
      {
        ...args,
        alarms:
          region === undefined ? planAlarms(watched) : { "not-in-service": planHealthAlarm("a", "check") },
        ...(region === undefined ? {} : { region }),
        transform: (given) => ({ ...given, actionsEnabled: true }),
      },
      { providers: [provider] },
    );
    return { topic };
  });

test("watch what keeps a region in service, where there is such a thing", () => {
  expect(Object.keys(planAlarms(watched))).toEqual([
    "no-routers",
    "no-renewals",
    "quorum-throttled",
    "quorum-errors",
    "replication-lag",
  ]);
  expect(Object.keys(planAlarms({ loadBalancer }))).toEqual(["no-routers"]);
});

test.each([
  ["no-routers", "AWS/NetworkELB", { LoadBalancer: "net/shop/1", TargetGroup: "targetgroup/shop/2" }],
  ["no-renewals", "AWS/DynamoDB", { TableName: "shop-quorum" }],
  ["quorum-throttled", "AWS/DynamoDB", { TableName: "shop-quorum" }],
  ["quorum-errors", "AWS/DynamoDB", { TableName: "shop-quorum", Operation: "PutItem" }],
  ["replication-lag", "AWS/RDS", { DBClusterIdentifier: "shop-a" }],
])("%s looks at %s", (name, namespace, dimensions) => {
  expect(planAlarms(watched)[name]).toMatchObject({ namespace, dimensions });
});

test("silence is bad where somebody should be counted, and good where errors are", () => {
  const silence = Object.entries(planAlarms(watched)).map(([name, alarm]) => [name, alarm.treatMissingData]);
  expect(Object.fromEntries(silence)).toEqual({
    "no-routers": "breaching",
    "no-renewals": "breaching",
    "quorum-throttled": "notBreaching",
    "quorum-errors": "notBreaching",
    "replication-lag": "notBreaching",
  });
});

test("a copy may be 10 s behind for a while", () => {
  expect(planAlarms(watched)["replication-lag"]).toMatchObject({
    metricName: "AuroraGlobalDBReplicationLag",
    threshold: 10_000,
    evaluationPeriods: 3,
  });
});

test("tell one topic, when they begin and when they end, by a key that CloudWatch may use", async () => {
  const { inputs, resources, outputs } = await alarms();
  expect(resources.filter(({ type }) => type.endsWith(":MetricAlarm"))).toHaveLength(5);
  expect(inputs("alarms-no-routers")).toMatchObject({
    name: "shop-a-no-routers",
    alarmActions: ["arn of alarms-topic"],
    okActions: ["arn of alarms-topic"],
    actionsEnabled: true,
  });
  expect(outputs["topic"]).toBe("arn of alarms-topic");
  expect(inputs("alarms-topic")).toMatchObject({
    name: "shop-a-alarms",
    kmsMasterKeyId: "arn of alarms-key",
  });
  expect(inputs("alarms-key")).toMatchObject({ enableKeyRotation: true });
  expect(inputs("alarms-key")["policy"]).toContain('"Service":"cloudwatch.amazonaws.com"');
});

test("of Route 53 are where AWS keeps its figures, with a topic there", async () => {
  const { inputs } = await alarms("us-east-1");
  for (const part of ["key", "topic", "not-in-service"]) {
    expect([part, inputs(`alarms-${part}`)["region"]]).toEqual([part, "us-east-1"]);
  }
  expect(inputs("alarms-not-in-service")).toMatchObject({
    namespace: "AWS/Route53",
    metricName: "HealthCheckStatus",
    dimensions: { HealthCheckId: "check" },
    threshold: 1,
    treatMissingData: "breaching",
  });
});
