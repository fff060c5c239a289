import { count, shown } from "./text";
import { isRecord, member } from "./values";

/** A change of a description, for a phrase to tell. */
export interface Told {
  /** What stands at the pattern's stars. */
  readonly names: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
  /** The whole description, as it was and as it is to be. */
  readonly old: unknown;
  readonly now: unknown;
}

/** The place of a change, with stars for names, and what to say of it. */
type Phrase = readonly [place: string, say: (told: Told) => string];

const or = (value: unknown, otherwise: string): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : otherwise;

/** Says an amount in its unit. */
const amount =
  (what: string, unit: string, so?: string) =>
  ({ before, after }: Told): string => {
    const [old, now] = [or(before, "the default"), or(after, "the default")];
    const text =
      after === undefined ? `${what} ${old} ${unit} to ${now}` : `${what} ${old} to ${now} ${unit}`;
    return so === undefined ? text : `${text}: ${so}`;
  };

/** Says a choice between words. */
const choice =
  (what: string, so?: string) =>
  ({ before, after }: Told): string =>
    `${what} ${or(before, "the default")} to ${or(after, "the default")}${so === undefined ? "" : `: ${so}`}`;

/** Says that something came, went, or is another one. */
const part =
  (what: (told: Told) => string) =>
  (told: Told): string => {
    const { before, after } = told;
    if (before === undefined) return `${what(told)} added`;
    return after === undefined
      ? `${what(told)} removed`
      : `${what(told)} ${shown(before)} to ${shown(after)}`;
  };

const storage = "its pods are all stopped for it, and volumes that are kept keep their size";

const anew = "everything in the region is made anew there";

const named = ({ names }: Told): string => names.at(-1) ?? "";

/** What a change of mode does to the promise; with `async` nobody can promise a number. */
function mode({ before, after }: Told): string {
  const text = `database ${or(before, "(none)")} to ${or(after, "(none)")}`;
  if (after === "async") return `${text}: RPO no longer 0, acknowledged writes may be lost with a region`;
  return before === "async" ? `${text}: RPO 0 from now on` : `${text}: RPO stays 0`;
}

/** A region, and with it a copy of everything that is in each of them. */
function region(told: Told): string {
  const regions = member(told.now, "regions");
  const left = isRecord(regions) ? Object.keys(regions).length : 0;
  return `${part(() => "region")(told)}: ${count(left, "region")} from now on`;
}

/** Share of the requests by backend, in percent; empty where nobody has a weight. */
function shares(description: unknown, region: string): Map<string, string> {
  const backends = member(member(member(member(description, "regions"), region), "routing"), "backends");
  const weights = Object.entries(isRecord(backends) ? backends : {}).map(
    ([name, backend]) => [name, Number(member(backend, "weight"))] as const,
  );
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  return new Map(weights.map(([name, weight]) => [name, ((100 * weight) / sum).toFixed(1)]));
}

/** How requests are split from now on: one weight moves every share. */
export function split({ names, old, now }: Told): string {
  const [region = ""] = names;
  const [before, after] = [shares(old, region), shares(now, region)];
  const moved = [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name} ${before.get(name) ?? "0"} to ${after.get(name) ?? "0"} %`);
  return moved.length === 0
    ? "weights in the same proportion: shares stay"
    : `share of requests: ${moved.sort().join(", ")}`;
}

/** Whether anybody may delete it; where nobody says, nobody may. */
const protection =
  (what: string) =>
  ({ after }: Told): string =>
    `${what} ${after === false ? "no longer" : "again"} protected from being deleted`;

/** Who may try to reach a cluster's API over the internet. */
const opened = ({ before, after }: Told): string =>
  after === undefined ? `API closed to ${shown(before)}` : `API open to ${shown(after)}`;

const image = (told: Told): string =>
  told.after === undefined
    ? `${named(told)} runs the service's image again`
    : `${named(told)} runs an image of its own, ${shown(told.after)}`;

/** What to say of a place, the weightiest first. The first that fits speaks. */
export const phrases: readonly Phrase[] = [
  ["database", part(() => "database")],
  ["database.kind", choice("database", "a new database, with nothing of the old one in it")],
  ["database.mode", mode],
  [
    "database.rpoSeconds",
    ({ before, after }) => `RPO asked for ${or(before, "none")} to ${or(after, "none")}`,
  ],
  ["database.deletionProtection", protection("database")],
  ["database.instanceClass", choice("database instances", "changed one by one, each with a failover")],
  ["database.instances", amount("database instances in each region", "of them")],
  ["database.engineVersion", choice("database engine", "every region is upgraded")],
  ["database.backupRetentionDays", amount("backups kept for", "days")],
  ["database.preferredWriter", choice("preferred writer")],
  ["database.storage.gibibytes", amount("database storage", "GiB", storage)],
  ["database.memoryMebibytes", amount("database memory", "MiB", "its members are started anew, one by one")],
  ["database.keepVolumes", choice("volumes kept")],
  ["database.degradeAfterSeconds", amount("writes wait for a lost region", "s")],
  ["database.failBack.holdDownSeconds", amount("preferred writer is in step before it writes again", "s")],
  ["regions.*", region],
  ["aws.accountId", choice("account", "everything is made anew there")],
  ["regions.*.cluster.region", choice("region of AWS", anew)],
  ["regions.*.cluster.vpc.cidr", choice("network", anew)],
  ["regions.*.cluster.deletionProtection", protection("region")],
  ["quorum.deletionProtection", protection("quorum")],
  ["regions.*.cluster.version", choice("Kubernetes", "its nodes are exchanged, and there is no way back")],
  ["regions.*.cluster.publicAccessCidrs", opened],
  ["regions.*.cluster.publicAccessCidrs.*", opened],
  ["quorum", part(() => "quorum")],
  ["quorum.kind", choice("quorum", "another store of leases, which begins empty")],
  ["quorum.leaseSeconds", amount("lease", "s", "how long a lost region may still count as in service")],
  ["quorum.witness", part(() => "witness")],
  ["quorum.storage.gibibytes", amount("quorum storage", "GiB", storage)],
  ["dns", part(() => "DNS")],
  ["dns.ttlSeconds", amount("TTL", "s", "how long clients may still ask a lost region")],
  ["dns.rtoSeconds", amount("clients are led away from a lost region within", "s")],
  ["dns.policy", choice("DNS policy")],
  ["dns.spread", choice("clients spread by")],
  ["regions.*.routing.backends.*", (told) => `${part(() => `backend ${named(told)}`)(told)}; ${split(told)}`],
  ["regions.*.routing.backends.*.weight", split],
  ["regions.*.routing.backends.*.image", image],
  ["regions.*.routing.algorithm", choice("algorithm")],
  ["regions.*.routing.replicas", amount("router", "pods")],
  ["regions.*.cluster.context", choice("cluster", anew)],
  ["regions.*.cache", part(() => "cache")],
  ["service.version", choice("service", "built anew, and rolled out where no image of its own runs")],
  ["service.scaling.kind", choice("scaling")],
  ["service.scaling.replicas", amount("each backend", "pods")],
  ["service.scaling.minReplicas", amount("each backend at least", "pods")],
  ["service.scaling.maxReplicas", amount("each backend at most", "pods")],
  ["service.scaling.targetCpuPercent", amount("scaled at", "% CPU")],
  ["service.resources.cpuMillicores", amount("each pod", "millicores")],
  ["service.resources.memoryMebibytes", amount("each pod", "MiB")],
  ["images.*", part((told) => `image of ${named(told)}`)],
];
