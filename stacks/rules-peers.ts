import type { z } from "zod";
import {
  databaseProblems,
  type DatabaseConfig,
  dnsProblems,
  dnsTargetOf,
  leaseSecondsOf,
  networkProblems,
  type Network,
  type Path,
  type Problem,
  quorumProblems,
  type Routing,
  show,
  voterProblems,
} from "../components";
import { member, shaped, valueAt } from "./parts";
import { parts } from "./schema";

/** A site as far as its shape is right. */
interface Site {
  readonly name: string;
  readonly path: Path;
  readonly witness: boolean;
  readonly cluster: z.output<typeof parts.cluster> | undefined;
  readonly network: Network | undefined;
  readonly routing: Routing | undefined;
}

/** What is wrong between regions that share a database, a quorum and a name. */
export function peerProblems(raw: unknown): Problem[] {
  const sites = sitesOf(raw);
  return [
    ...missingParts(raw),
    ...missingImages(raw),
    ...nameProblems(raw),
    ...siteProblems(raw, sites),
    ...configProblems(raw, sites),
  ];
}

function sitesOf(raw: unknown): Site[] {
  const site = (name: string, path: Path, value: unknown, witness: boolean): Site => ({
    name,
    path,
    witness,
    cluster: shaped(parts.cluster, member(value, "cluster")),
    network: shaped(parts.network, member(value, "network")),
    routing: shaped(parts.routing, member(value, "routing")),
  });
  const regions = Object.entries(member(raw, "regions") ?? {}).map(([name, value]: [string, unknown]) =>
    site(name, ["regions", name], value, false),
  );
  const named = witnessName(raw);
  // A table's witness is AWS' own: nothing of the stack's runs there.
  if (named === undefined || member(member(raw, "quorum"), "kind") === "dynamodb") return regions;
  return [...regions, site(named, ["quorum", "witness"], valueAt(raw, ["quorum", "witness"]), true)];
}

function witnessName(raw: unknown): string | undefined {
  const name = valueAt(raw, ["quorum", "witness", "name"]);
  return typeof name === "string" ? name : undefined;
}

/** Parts that can't do without another. */
const needs: readonly [part: string, other: string, why: string][] = [
  ["database", "quorum", "who may write is decided by a majority of its voters"],
  ["quorum", "database", "without one there is nothing to decide"],
  ["dns", "quorum", "which region is in service is decided by a majority of its voters"],
];

const isThere = (raw: unknown, part: string): boolean => member(raw, part) !== undefined;

/** What is counted and compared is only told once every site can be read. */
const readable = (sites: readonly Site[]): boolean =>
  sites.some(({ witness }) => !witness) && sites.every(({ cluster }) => cluster !== undefined);

function missingParts(raw: unknown): Problem[] {
  return needs
    .filter(([part, other]) => isThere(raw, part) && !isThere(raw, other))
    .map(([part, other, why]) => ({
      path: [other],
      found: "missing",
      allowed: `there beside ${part}`,
      fix: why,
    }));
}

/** What runs in pods, by its kind, which is the image's name too. */
const imagesOf: readonly [part: string, image: string][] = [
  ["quorum", "etcd"],
  ["database", "mysql"],
  ["dns", "powerdns"],
];

function missingImages(raw: unknown): Problem[] {
  if (!isThere(raw, "images")) return [];
  return imagesOf
    .filter(([part, kind]) => member(member(raw, part), "kind") === kind)
    .filter(([, image]) => member(member(raw, "images"), image) === undefined)
    .map(([part, image]) => ({
      path: ["images", image],
      found: "missing",
      allowed: `the name of an image with ${image}, since there is a ${part}`,
    }));
}

/** A witness with a region's name would be taken for it. */
function nameProblems(raw: unknown): Problem[] {
  const name = witnessName(raw);
  if (name === undefined || member(member(raw, "regions"), name) === undefined) return [];
  const fix = `region ${name} has it too`;
  return [{ path: ["quorum", "witness", "name"], found: show(name), allowed: "a name of its own", fix }];
}

/** Sites that vote must be known to each other, and fail one by one. */
function siteProblems(raw: unknown, sites: readonly Site[]): Problem[] {
  if (!isThere(raw, "quorum")) return [];
  const unknown = sites.filter(
    ({ path, cluster }) => cluster?.kind === "existing" && valueAt(raw, [...path, "network"]) === undefined,
  );
  return [
    ...unknown.map(({ path }) => ({
      path: [...path, "network"],
      found: "missing",
      allowed: "an object with address, podCidr, serviceCidr, since the other sites need to reach it",
    })),
    ...networkProblems(
      sites.flatMap(({ name, path, network }) =>
        network === undefined ? [] : [{ name, path: [...path, "network"], network }],
      ),
    ),
    ...(sites.every(({ cluster }) => cluster?.kind === "existing") &&
    readable(sites) &&
    member(member(raw, "quorum"), "kind") === "etcd"
      ? voterProblems(sites.flatMap(voterOf), ["quorum"])
      : []),
  ];
}

/** What tells a voter's cluster from the others'. */
function voterOf({ name, path, witness, cluster }: Site) {
  if (cluster?.kind !== "existing") return [];
  const { context, kubeconfigPath } = cluster;
  const failureDomain = kubeconfigPath === undefined ? context : `${context} of ${kubeconfigPath}`;
  return [{ name, witness, failureDomain, path: [...path, "cluster", "context"] }];
}

/** What each part's own rules say of it, given the sites. */
function configProblems(raw: unknown, sites: readonly Site[]): Problem[] {
  const quorum = shaped(parts.quorum, member(raw, "quorum"));
  const database = shaped(parts.database, member(raw, "database"));
  const dns = shaped(parts.dns, member(raw, "dns"));
  const regions = sites.filter(({ witness }) => !witness).map(({ name }) => name);
  const witness = sites.find((site) => site.witness)?.name;
  return [
    ...(quorum === undefined ? [] : quorumProblems(quorum, ["quorum"])),
    ...(database === undefined || !readable(sites)
      ? []
      : databaseProblems(
          database as DatabaseConfig,
          { regions, ...(witness === undefined ? {} : { witness }) },
          ["database"],
        )),
    ...(dns === undefined
      ? []
      : [
          ...sites.filter((site) => !site.witness).flatMap(targetProblems),
          ...dnsProblems(dns, { leaseSeconds: quorum === undefined ? 5 : leaseSecondsOf(quorum) }, ["dns"]),
        ]),
  ];
}

/** What DNS answers with must be known to whoever makes it: a node's address, or a load balancer made by the stack. */
function targetProblems({ name, path, cluster, routing }: Site): Problem[] {
  if (cluster === undefined || routing === undefined) return [];
  const { kind } = routing.exposure;
  const isKnown =
    cluster.kind === "eks"
      ? kind === "networkLoadBalancer"
      : dnsTargetOf(name, routing.exposure) !== undefined;
  if (isKnown) return [];
  return [
    {
      path: [...path, "routing", "exposure", "kind"],
      found: show(kind),
      allowed: `"${cluster.kind === "eks" ? "networkLoadBalancer" : "nodePort"}" where there is a dns`,
      fix: "what DNS may answer must be known before anything is made",
    },
  ];
}
