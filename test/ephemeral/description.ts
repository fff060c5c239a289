import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { TestRun } from "../../components/core/labels";
import type { Description } from "../../stacks/schema";
import { project, stackOf } from "./identity";
import { partsOf } from "./registry";

/** How much of `local` a test stack is. */
export const shapes = ["one-region", "two-regions"] as const;
export type Shape = (typeof shapes)[number];

export const isShape = (spec: string): spec is Shape => (shapes as readonly string[]).includes(spec);

/** Images by digest, for a stack that builds none of them. */
export type PinnedImages = Partial<
  Pick<Description["images"], "nginx" | "valkey" | "mysql" | "etcd" | "web">
>;

/** What a description is made for. */
export interface Occasion {
  readonly run: TestRun;
  readonly images: PinnedImages;
  /** Node ports that nobody else has, at least {@link portCount}. */
  readonly ports: readonly number[];
}

/** How many node ports a shape takes. */
export const portCount: Readonly<Record<Shape, number>> = { "one-region": 1, "two-regions": 6 };

/** The description that a stack's file holds. */
export function readDescription(file: string): Description {
  const { config } = parse(readFileSync(file, "utf8")) as { config?: Record<string, Description> };
  const description = config?.[`${project}:topology`];
  if (description === undefined)
    throw new Error(`${file} has no ${project}:topology; must be a stack's file`);
  return description;
}

/** The kubeconfig context of a cluster that is there. */
export function contextOf({ cluster }: Pick<RegionDescription, "cluster">): string {
  if (cluster.kind === "existing") return cluster.context;
  throw new Error(`a cluster of kind "${cluster.kind}"; must be "existing": a test stack makes no clusters`);
}

/** The kubeconfig contexts that a description names. */
export function contextsOf({ regions, quorum }: Description): string[] {
  const witness = quorum?.kind === "etcd" && quorum.witness !== undefined ? [quorum.witness] : [];
  return [...Object.values(regions), ...witness].map(contextOf);
}

/** Where a description's images go, in a registry that is there. */
function repositoryOf({ images: { registry } }: Description): string {
  if (typeof registry === "string") return registry;
  throw new Error(
    `images.registry of kind "${registry.kind}"; must be a text: a test stack makes no registry`,
  );
}

/** Host of the registry that a description's images go to. */
export const registryOf = (description: Description): string =>
  partsOf(`${repositoryOf(description)}/image`).host;

/**
 * A description marked as a run's. Images that it builds go to a path of the run's own, so that they can be removed and
 * nobody else's tag is moved.
 */
export function marked(
  description: Description,
  { run, images }: Pick<Occasion, "run" | "images">,
): Description {
  const registry = `${repositoryOf(description)}/${stackOf(run.id)}`;
  return { ...description, run, images: { ...description.images, ...images, registry } };
}

/** A small test stack out of the description of `local`: the same clusters, and nothing shared with it. */
export function derived(local: Description, shape: Shape, occasion: Occasion): Description {
  const { quorum, database, images, regions: all } = local;
  const names = Object.keys(all)
    .sort()
    .slice(0, shape === "one-region" ? 1 : 2);
  const [client = 0, peer = 0, mysql = 0, group = 0, ...routers] = [
    ...(shape === "one-region" ? [0, 0, 0, 0] : []),
    ...occasion.ports,
  ];
  const regions = Object.fromEntries(
    names.map((name, index) => [name, small(all[name], routers[index] ?? 0)]),
  );
  const shared =
    shape === "one-region" || quorum?.kind !== "etcd" || database?.kind !== "mysql"
      ? {}
      : {
          quorum: { ...quorum, ports: { client, peer } },
          database: { ...database, ports: { mysql, group } },
        };
  const service = { ...local.service, scaling: { kind: "fixed", replicas: 2 }, requestSeconds: 1 } as const;
  return marked({ images, service: { ...service, rolloutTimeoutSeconds: 45 }, regions, ...shared }, occasion);
}

type RegionDescription = Description["regions"][string];

/** One backend on a port of its own, and quick to leave. */
function small(region: RegionDescription | undefined, nodePort: number): RegionDescription {
  if (region === undefined) throw new Error("a description without a region has no test stack");
  const { cluster, network } = region;
  const { exposure } = region.routing;
  const routing = {
    ...region.routing,
    backends: { stable: { weight: 1 } },
    drainSeconds: 1,
    exposure: exposure.kind === "nodePort" ? { ...exposure, nodePort } : exposure,
  };
  return { cluster, ...(network === undefined ? {} : { network }), routing };
}

const firstPort = 30_000;
const lastPort = 32_767;

/** Free node ports, from a place of the run's own on, so that two runs that look at once hardly choose the same. */
export function freePorts(taken: Iterable<number>, count: number, id: string): number[] {
  const used = new Set(taken);
  const all = lastPort - firstPort + 1;
  const start = Buffer.from(id).reduce((sum, byte) => (sum * 31 + byte) % all, 0);
  const free = Array.from({ length: all }, (_, step) => firstPort + ((start + step) % all)).filter(
    (port) => !used.has(port),
  );
  if (free.length < count) {
    throw new Error(
      `of node ports ${firstPort} to ${lastPort} only ${free.length} are free; must be ${count}`,
    );
  }
  return free.slice(0, count);
}
