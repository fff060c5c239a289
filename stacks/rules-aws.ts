import type { z } from "zod";
import {
  cidrsOverlap,
  defaultServiceCidr,
  type Path,
  placeProblems,
  type Problem,
  show,
  under,
} from "../components";
import { member, shaped, valueAt } from "./parts";
import { parts } from "./schema";

/** A region as far as its shape is right. */
interface Region {
  readonly name: string;
  readonly path: Path;
  readonly cluster: Cluster;
}

type Cluster = z.output<typeof parts.cluster>;
type EksRegion = Region & { readonly cluster: Extract<Cluster, { kind: "eks" }> };

/** What is wrong between regions, at least one of which is on AWS or should be. */
export function awsProblems(raw: unknown): Problem[] {
  const all = Object.entries(member(raw, "regions") ?? {}) as [string, unknown][];
  const regions = all.flatMap(([name, value]): Region[] => {
    const cluster = shaped(parts.cluster, member(value, "cluster"));
    return cluster === undefined ? [] : [{ name, path: ["regions", name], cluster }];
  });
  // What is counted and compared is only told once every region can be read.
  if (regions.length < all.length) return [];
  const eks = regions.filter((region): region is EksRegion => region.cluster.kind === "eks");
  return [
    ...accountProblems(raw, eks),
    ...mixtureProblems(raw, regions, eks),
    ...kindProblems(raw, regions, eks),
    ...exposureProblems(raw, regions),
    ...registryProblems(raw, eks),
    ...apartProblems(eks),
    ...tableProblems(raw, eks),
  ];
}

function accountProblems(raw: unknown, eks: readonly EksRegion[]): Problem[] {
  const isThere = member(raw, "aws") !== undefined;
  if (isThere === eks.length > 0) return [];
  const allowed = isThere
    ? 'left out without a cluster of kind "eks"'
    : "there: regions on AWS are made in an account";
  return [{ path: ["aws"], found: show(member(raw, "aws")), allowed }];
}

/** Regions that share something are joined by AWS or by their nodes' addresses, not by both. */
function mixtureProblems(raw: unknown, regions: readonly Region[], eks: readonly EksRegion[]): Problem[] {
  const networks = eks
    .filter(({ path }) => valueAt(raw, [...path, "network"]) !== undefined)
    .map(({ path }) => ({
      path: [...path, "network"],
      found: "an object",
      allowed: 'left out in a region with a cluster of kind "eks"',
      fix: "AWS joins it to the others",
    }));
  const isMixed = eks.length > 0 && eks.length < regions.length && member(raw, "quorum") !== undefined;
  if (!isMixed) return networks;
  const odd = regions.filter(({ cluster }) => cluster.kind !== "eks");
  return [
    ...networks,
    ...odd.map(({ path, cluster }) => ({
      path: [...path, "cluster", "kind"],
      found: show(cluster.kind),
      allowed: '"eks", as in the other regions',
      fix: "what regions share is either AWS' or in pods that know each other by addresses",
    })),
  ];
}

/** What regions share, by whether they are on AWS. */
const sharedKinds = {
  quorum: { pods: "etcd", aws: "dynamodb" },
  database: { pods: "mysql", aws: "aurora" },
  dns: { pods: "powerdns", aws: "route53" },
} as const;

/**
 * Where nodes come and go with their addresses, pods of other regions have nothing to reach voters, members and DNS servers
 * by: there AWS' own services take their place, and nowhere else.
 */
function kindProblems(raw: unknown, regions: readonly Region[], eks: readonly EksRegion[]): Problem[] {
  if (regions.length === 0) return [];
  const isOnAws = eks.length > 0;
  const known = Object.values(sharedKinds).flatMap(({ pods, aws }): string[] => [pods, aws]);
  return Object.entries(sharedKinds).flatMap(([part, { pods, aws }]) => {
    const kind = member(member(raw, part), "kind");
    const right = isOnAws ? aws : pods;
    if (typeof kind !== "string" || kind === right || !known.includes(kind)) return [];
    const fix = isOnAws
      ? "nodes of EKS come and go with their addresses, which pods of other regions would need"
      : `it is a service of AWS, and no region has a cluster of kind "eks"`;
    return [{ path: [part, "kind"], found: show(kind), allowed: `"${right}" here`, fix }];
  });
}

/** A load balancer beside the cluster is AWS', and its certificate is for the name that clients ask for. */
function exposureProblems(raw: unknown, regions: readonly Region[]): Problem[] {
  const exposed = regions.map(({ path, cluster }) => ({
    path: [...path, "routing", "exposure", "kind"],
    cluster,
    kind: valueAt(raw, [...path, "routing", "exposure", "kind"]),
  }));
  const fronted = exposed.filter(({ kind }) => kind === "networkLoadBalancer");
  const misplaced = fronted
    .filter(({ cluster }) => cluster.kind !== "eks")
    .map(({ path, kind }) => ({
      path,
      found: show(kind),
      allowed: '"nodePort", "loadBalancer" or "clusterIp" in a cluster that is there already',
      fix: 'the stack makes such a load balancer only beside a cluster of kind "eks"',
    }));
  if (fronted.length === 0 || member(raw, "dns") !== undefined) return misplaced;
  const allowed = 'there beside an exposure of kind "networkLoadBalancer"';
  return [
    ...misplaced,
    { path: ["dns"], found: "missing", allowed, fix: "its certificate is for that name" },
  ];
}

/** Images are pushed to a region that can keep them. */
function registryProblems(raw: unknown, eks: readonly EksRegion[]): Problem[] {
  const registry = shaped(parts.registry, member(member(raw, "images"), "registry"));
  if (registry === undefined || typeof registry === "string") return [];
  const names = eks.map(({ name }) => name);
  if (names.includes(registry.region)) return [];
  const path = ["images", "registry", "region"];
  const allowed =
    names.length === 0 ? 'a region with a cluster of kind "eks"' : `a region on AWS: ${names.join(" or ")}`;
  return [{ path, found: show(registry.region), allowed }];
}

/** Regions that fail one by one, and could be joined one day. */
function apartProblems(eks: readonly EksRegion[]): Problem[] {
  return eks.flatMap(({ path, cluster }, index) => {
    const before = eks.slice(0, index);
    const twin = before.find((other) => other.cluster.region === cluster.region);
    const neighbour = before.find((other) => cidrsOverlap(other.cluster.vpc.cidr, cluster.vpc.cidr));
    return under(
      [...path, "cluster"],
      [
        ...(twin === undefined ? [] : [sameRegion(cluster.region, twin.name)]),
        ...(neighbour === undefined ? [] : [sameAddresses(cluster.vpc.cidr, neighbour)]),
        ...serviceProblems(cluster),
      ],
    );
  });
}

const sameRegion = (region: string, name: string): Problem => ({
  path: ["region"],
  found: show(region),
  allowed: "a region of AWS of its own",
  fix: `region ${name} is there: one failure would take both`,
});

const sameAddresses = (cidr: string, { name, cluster }: EksRegion): Problem => ({
  path: ["vpc", "cidr"],
  found: show(cidr),
  allowed: "apart from every other region's",
  fix: `region ${name} has ${cluster.vpc.cidr}, and the two could never be joined`,
});

function serviceProblems({ serviceCidr = defaultServiceCidr, vpc }: EksRegion["cluster"]): Problem[] {
  if (!cidrsOverlap(serviceCidr, vpc.cidr)) return [];
  const fix = `vpc.cidr is ${vpc.cidr}, and packets for the one would end at the other`;
  return [{ path: ["serviceCidr"], found: show(serviceCidr), allowed: "apart from the region's VPC", fix }];
}

/** A table's copies and its witness are in regions that AWS joins. */
function tableProblems(raw: unknown, eks: readonly EksRegion[]): Problem[] {
  const quorum = shaped(parts.quorum, member(raw, "quorum"));
  if (quorum?.kind !== "dynamodb" || eks.length === 0) return [];
  const sites = eks.map(({ name, path, cluster }) => ({
    name,
    region: cluster.region,
    path: [...path, "cluster", "region"],
  }));
  return placeProblems(sites, quorum.witness.region, ["quorum"]);
}
