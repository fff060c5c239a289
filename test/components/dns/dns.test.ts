import fc from "fast-check";
import { sentence } from "../../../components/core";
import { type DnsChoice, dnsProblems, type PowerDnsConfig } from "../../../components/dns";
import { checksDetectionSeconds } from "../../../components/dns/region-health-lua";

const config: PowerDnsConfig = {
  kind: "powerdns",
  zone: "shop.test",
  name: "web",
  policy: "active-active",
  ttlSeconds: 3,
  rtoSeconds: 15,
  port: 30053,
};
const lease = { leaseSeconds: 5 };
const sentences = (over: Partial<PowerDnsConfig>) =>
  dnsProblems({ ...config, ...over }, lease, ["dns"]).map(sentence);

test("a description that keeps its promise is taken", () => {
  expect(sentences({})).toEqual([]);
  expect(sentences({ ttlSeconds: 6 })).toEqual([]);
});

test.each<[Partial<PowerDnsConfig>, string]>([
  [
    { ttlSeconds: 60 },
    "dns.ttlSeconds is 60; must be at most 6; lease 5 + detection 4 + TTL must fit dns.rtoSeconds 15",
  ],
  [
    { rtoSeconds: 9 },
    "dns.rtoSeconds is 9; must be at least 10; lease 5 + detection 4 + TTL must fit dns.rtoSeconds 9",
  ],
  [
    { zone: "Shop.test" },
    'dns.zone is "Shop.test"; must be names of 1 to 63 lower-case letters, digits and inner hyphens that start with ' +
      "a letter, joined by dots",
  ],
  [
    { name: "web.shop" },
    'dns.name is "web.shop"; must be one name of 1 to 63 lower-case letters, digits and inner hyphens that start ' +
      "with a letter",
  ],
  [
    { zone: Array.from({ length: 25 }, () => "long-label").join(".") },
    `dns.zone is "${"long-label.".repeat(7)}lon..."; must be shorter: DNS takes 253 characters`,
  ],
])("%j is refused", (over, text) => {
  expect(sentences(over)).toEqual([text]);
});

test("what is taken moves clients in time, and nothing that would is refused", () => {
  const small = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(small, small, small, (ttlSeconds, rtoSeconds, leaseSeconds) => {
      const problems = dnsProblems({ ...config, ttlSeconds, rtoSeconds }, { leaseSeconds }, []);
      expect(problems.length === 0).toBe(leaseSeconds + 4 + ttlSeconds <= rtoSeconds);
    }),
  );
});

test("a region's loss is noticed after the last question that counts has timed out", () => {
  expect(checksDetectionSeconds({ intervalSeconds: 1, timeoutSeconds: 1, failures: 2 })).toBe(4);
  expect(checksDetectionSeconds({ intervalSeconds: 10, timeoutSeconds: 2, failures: 3 })).toBe(36);
});

test("a DNS nobody wrote is refused", () => {
  const bind = { ...config, kind: "bind" } as unknown as DnsChoice;
  expect(() => dnsProblems(bind, lease, ["dns"])).toThrow(
    'dns.kind is "bind"; must be one of the kinds this version knows',
  );
});
