import fc from "fast-check";
import {
  createDns,
  type DnsChoice,
  dnsProblems,
  dnsRunsInPods,
  type DnsTarget,
  type DnsTransform,
  type Route53Config,
  route53DetectionSeconds,
  sentence,
} from "../../../components";
import { awsPeers } from "../../support/aws-peers";
import { type Made, made, peers } from "../../support/peers";

const config: Route53Config = {
  kind: "route53",
  zone: "shop.example",
  name: "web",
  zoneId: "Z0123456789",
  policy: "active-active",
  rtoSeconds: 120,
};

const alias = (name: string): DnsTarget => ({
  kind: "alias",
  name,
  host: `${name}.elb.example`,
  zoneId: `ZELB${name}`,
  healthPath: "/region-health",
});

const dns = (
  over: Partial<Route53Config> = {},
  targets: DnsTarget[] = [alias("b"), alias("a")],
  transform?: DnsTransform,
): Promise<Made> =>
  made(() => {
    const args = { ...awsPeers(), targets, ...(transform === undefined ? {} : { transform }) };
    const { fqdn, policy, ttlSeconds } = createDns("dns", { ...args, config: { ...config, ...over } });
    return { fqdn, policy, ttlSeconds };
  });

let active: Made;
beforeAll(async () => {
  active = await dns();
});

test("says what it answers for; how long an answer is kept is AWS' to say", () => {
  expect(active.outputs).toEqual({ fqdn: "web.shop.example", policy: "active-active", ttlSeconds: 60 });
});

test("makes a check and a record a region, by the preferred region's provider", () => {
  const own = active.resources.filter(({ type }) => type.startsWith("aws:route53"));
  expect(own.map(({ name, provider, parent }) => [name, provider, parent]).sort()).toEqual(
    ["dns-a-health-check", "dns-a-record", "dns-b-health-check", "dns-b-record"].map((name) => [
      name,
      "b-aws-provider",
      "dns",
    ]),
  );
});

test("asks each region for its health through its load balancer", () => {
  expect(active.inputs("dns-a-health-check")).toMatchObject({
    type: "HTTPS",
    fqdn: "a.elb.example",
    port: 443,
    resourcePath: "/region-health",
    enableSni: true,
    requestInterval: 10,
    failureThreshold: 2,
  });
});

test("answers with a region's load balancer, by what the region says and nothing else", () => {
  expect(active.inputs("dns-a-record")).toMatchObject({
    zoneId: "Z0123456789",
    name: "web.shop.example",
    type: "A",
    setIdentifier: "a",
    healthCheckId: "dns-a-health-check",
    aliases: [{ name: "a.elb.example", zoneId: "ZELBa", evaluateTargetHealth: false }],
  });
  expect(active.inputs("dns-a-record")).not.toHaveProperty("ttl");
});

test.each<[string, Partial<Route53Config>, object, object]>([
  [
    "where they are answered soonest",
    {},
    { latencyRoutingPolicies: [{ region: "eu-central-1" }] },
    { latencyRoutingPolicies: [{ region: "eu-west-1" }] },
  ],
  [
    "in equal parts",
    { spread: "weighted" },
    { weightedRoutingPolicies: [{ weight: 1 }] },
    { weightedRoutingPolicies: [{ weight: 1 }] },
  ],
  [
    "to the preferred region while it is well",
    { policy: "failover" },
    { failoverRoutingPolicies: [{ type: "SECONDARY" }] },
    { failoverRoutingPolicies: [{ type: "PRIMARY" }] },
  ],
])("clients go %s", async (_, over, a, b) => {
  const { inputs } = await dns(over);
  expect(inputs("dns-a-record")).toMatchObject(a);
  expect(inputs("dns-b-record")).toMatchObject(b);
});

test("each child has an escape hatch, which has the last word", async () => {
  const { inputs } = await dns({}, undefined, {
    route53: {
      healthCheck: (args) => ({ ...args, measureLatency: true }),
      record: (args) => ({ ...args, allowOverwrite: true }),
    },
  });
  expect(inputs("dns-b-health-check")["measureLatency"]).toBe(true);
  expect(inputs("dns-b-record")["allowOverwrite"]).toBe(true);
});

test("an address is not what it follows", async () => {
  const address: DnsTarget = { kind: "address", name: "a", address: "198.51.100.1", healthUrl: "http://a/" };
  await expect(dns({}, [address])).rejects.toThrow(
    "targets[0] is an address of a; must be the load balancer of a site that is on AWS",
  );
});

test("PowerDNS can't follow a load balancer, and says who can", async () => {
  const powerdns: DnsChoice = {
    kind: "powerdns",
    zone: "shop.example",
    name: "web",
    policy: "failover",
    ttlSeconds: 3,
    rtoSeconds: 15,
    port: 30053,
  };
  await expect(
    made(() => {
      createDns("dns", { ...peers(), config: powerdns, targets: [alias("a")], image: "powerdns" });
      return {};
    }),
  ).rejects.toThrow('targets[0] is an alias; must be an address; use a dns of kind "route53"');
});

test("runs in no pod, and says so", () => {
  expect(dnsRunsInPods(config)).toBe(false);
  expect(dnsRunsInPods({ kind: "powerdns" })).toBe(true);
});

describe("what is wrong with a description", () => {
  const sentences = (over: Partial<Route53Config>, leaseSeconds = 10): string[] =>
    dnsProblems({ ...config, ...over }, { leaseSeconds }, ["dns"]).map(sentence);

  test.each<[Partial<Route53Config>, string]>([
    [
      { rtoSeconds: 60 },
      "dns.rtoSeconds is 60; must be at least 101; lease 10 + detection 31 + an alias' own TTL 60 must fit",
    ],
    [
      { policy: "failover", spread: "latency" },
      'dns.spread is "latency"; must be left out with policy "failover"; its clients all go to one region',
    ],
    [
      { name: "web.shop" },
      'dns.name is "web.shop"; must be one name of 1 to 63 lower-case letters, digits and inner hyphens that start ' +
        "with a letter",
    ],
  ])("%j is refused", (over, text) => {
    expect(sentences(over)).toEqual([text]);
  });

  test("what is taken moves clients in time, and nothing that would is refused", () => {
    const seconds = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(seconds, seconds, (rtoSeconds, leaseSeconds) => {
        const taken = sentences({ rtoSeconds }, leaseSeconds).length === 0;
        expect(taken).toBe(leaseSeconds + route53DetectionSeconds + 60 <= rtoSeconds);
      }),
    );
  });
});
