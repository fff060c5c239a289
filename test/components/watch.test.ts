import * as pulumi from "@pulumi/pulumi";
import { createDatabase, createDns, createQuorum } from "../../components";
import { makeWatch, type WatchArgs } from "../../components/watch";
import { authorityFile, awsPeers } from "../support/aws-peers";
import { type Made, made, peers } from "../support/peers";

class Parent extends pulumi.ComponentResource {
  constructor() {
    super("test:index:Parent", "parent", {});
  }
}

const watch = (args: () => WatchArgs): Promise<Made> =>
  made(() => {
    makeWatch("shop", args(), { parent: new Parent() });
    return {};
  });

/** Two regions on AWS and all that they may share. */
function whole(): WatchArgs {
  const given = awsPeers();
  const sites = Object.entries(given.sites).map(([region, site]) => ({ region, ...site }));
  const targets = sites.map(({ region: name }) => ({
    kind: "alias" as const,
    name,
    host: `${name}.elb.example`,
    zoneId: "ZELB",
    healthPath: "/region-health",
  }));
  const config = {
    kind: "route53",
    zone: "shop.example",
    name: "web",
    zoneId: "Z1",
    rtoSeconds: 120,
  } as const;
  return {
    sites,
    peers: {
      quorum: createQuorum(
        "quorum",
        { kind: "dynamodb", witness: { name: "w", region: "eu-west-2" } },
        given,
      ),
      database: createDatabase(
        "database",
        {
          kind: "aurora",
          mode: "async",
          preferredWriter: "a",
          instanceClass: "db.r8g.large",
          certificateAuthorityFile: authorityFile,
        },
        { ...given, leaseSeconds: 10 },
      ),
    },
    dns: createDns("dns", { ...given, targets, config: { ...config, policy: "active-active" } }),
  };
}

const alarms = ({ resources }: Made): string[] =>
  resources
    .filter(({ type }) => type.endsWith(":MetricAlarm"))
    .map(({ name }) => name)
    .sort();

test("each region tells of its own, and Route 53 of every one", async () => {
  const run = await watch(whole);
  const own = ["no-routers", "no-renewals", "quorum-throttled", "quorum-errors", "replication-lag"];
  expect(alarms(run)).toEqual(
    [
      ...own.flatMap((alarm) => [`shop-a-alarms-${alarm}`, `shop-b-alarms-${alarm}`]),
      "shop-health-alarms-a-out-of-service",
      "shop-health-alarms-b-out-of-service",
    ].sort(),
  );
  expect(run.inputs("shop-b-alarms-replication-lag")).toMatchObject({
    name: "shop-test-b-replication-lag",
    dimensions: { DBClusterIdentifier: "shop-test-b" },
  });
  expect(run.inputs("shop-b-alarms-no-routers")).toMatchObject({
    dimensions: { LoadBalancer: "net/b/1", TargetGroup: "targetgroup/b/2" },
  });
  expect(run.inputs("shop-health-alarms-b-out-of-service")).toMatchObject({
    region: "us-east-1",
    dimensions: { HealthCheckId: "dns-b-health-check" },
  });
});

test("every alarm is made in its region, with a topic there", async () => {
  const { resources } = await watch(whole);
  for (const { name, provider } of resources.filter((each) => each.custom && /^shop-[ab]-/.test(each.name))) {
    expect([name, provider]).toEqual([name, `${name.charAt(5)}-aws-provider`]);
  }
  const topics = resources.filter(({ type }) => type === "aws:sns/topic:Topic");
  expect(topics.map(({ inputs }) => inputs["name"])).toEqual([
    "shop-test-a-alarms",
    "shop-test-b-alarms",
    "shop-test-alarms",
  ]);
});

test("a region that shares nothing has its routers watched; one that is not on AWS has nobody", async () => {
  const alone = await watch(() => ({ ...whole(), peers: undefined, dns: undefined }));
  expect(alarms(alone)).toEqual(["shop-a-alarms-no-routers", "shop-b-alarms-no-routers"]);
  const elsewhere = await watch(() => ({
    sites: Object.entries(peers().sites).map(([region, { place }]) => ({ region, place, aws: undefined })),
    peers: undefined,
    dns: undefined,
  }));
  expect(alarms(elsewhere)).toEqual([]);
});
