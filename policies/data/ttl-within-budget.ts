import { elements, input, numberOf } from "../inputs";
import { at, notYetKnown, value } from "../manifest";
import type { Resource, StackRule } from "../rule";
import { wholeNumber } from "../setting";

const seconds = wholeNumber(
  "seconds",
  "seconds until clients must be told of another region, of which an alias takes 60",
  {
    usual: 90,
    least: 1,
    most: 3600,
  },
);

/** How soon clients of a name hear that a region is gone. */
interface Answer {
  readonly where: string;
  /** Seconds that resolvers keep an answer. */
  readonly ttl: number;
  /** Seconds until the health check has failed often enough. */
  readonly checks: number;
}

/** PowerDNS: one failure and another that confirms it. */
const failures = 2;

function powerdns(resource: Resource): Answer[] {
  const data = resource.type.endsWith(":ConfigMap") ? resource.props.data : undefined;
  const [zone, settings] = [value(at(data, "zone")), value(at(data, "pdns.conf"))];
  if (zone === undefined || settings === undefined) return [];
  const interval = Number(/^lua-health-checks-interval=(\d+)$/m.exec(settings)?.[1] ?? 5);
  return [...zone.matchAll(/^(\S+) (\d+) IN LUA A /gm)].map(([, name = "", ttl]) => ({
    where: `${resource.name}: ${name}`,
    ttl: Number(ttl),
    checks: interval * failures,
  }));
}

/** Route 53 answers with an alias as long as its target's records say: a minute for a load balancer. */
const aliasSeconds = 60;

/** Seconds until a health check has failed, with what Route 53 takes where nothing is said; 0 while it is not known. */
function checkSeconds(check: Resource): number {
  const [interval, threshold] = [input(check, "requestInterval"), input(check, "failureThreshold")];
  if (interval === notYetKnown || threshold === notYetKnown) return 0;
  return (numberOf(interval) ?? 30) * (numberOf(threshold) ?? 3);
}

function route53(resources: readonly Resource[]): Answer[] {
  const checks = resources
    .filter(({ type }) => type === "aws:route53/healthCheck:HealthCheck")
    .map(checkSeconds);
  return resources
    .filter(({ type }) => type === "aws:route53/record:Record")
    .filter((record) => input(record, "healthCheckId") !== undefined)
    .map((record) => ({
      where: record.name,
      ttl:
        elements(input(record, "aliases")).length > 0 ? aliasSeconds : (numberOf(input(record, "ttl")) ?? 0),
      checks: Math.max(0, ...checks),
    }));
}

export const ttlWithinBudget: StackRule = {
  kind: "stack",
  name: "ttl-within-budget",
  description:
    "DNS answers expire, and health checks fail, within the time that clients may take to move (RTO).",
  why: "However fast the database moves, clients follow only once their resolver asks again.",
  settings: [seconds],
  check: (resources, read) =>
    [...resources.flatMap(powerdns), ...route53(resources)]
      .filter(({ ttl, checks }) => ttl + checks > read(seconds))
      .map(
        ({ where, ttl, checks }) =>
          `${where}: a TTL of ${ttl} s and ${checks} s of failing health checks make ${ttl + checks} s; must be at most ` +
          `${read(seconds)}: shorten the TTL, the interval or the threshold`,
      ),
};
