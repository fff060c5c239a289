import { type Path, planRouter, type Problem, type Routing, serviceDrainProblems, show } from "../components";
import { member, shaped } from "./parts";
import { awsProblems } from "./rules-aws";
import { peerProblems } from "./rules-peers";
import { parts } from "./schema";

/** What is wrong between the parts of a description, each of which may be right by itself. */
export function crossProblems(raw: unknown): Problem[] {
  const drainSeconds = shaped(parts.drainSeconds, member(member(raw, "service"), "drainSeconds"));
  const regions = Object.entries(member(raw, "regions") ?? {}).map(([name, value]: [string, unknown]) => ({
    name,
    cluster: shaped(parts.cluster, member(value, "cluster")),
    routing: shaped(parts.routing, member(value, "routing")),
  }));
  const slowest = regions
    .flatMap(({ routing }) => (routing === undefined ? [] : [routing]))
    .sort((one, other) => planRouter(other).forgetSeconds - planRouter(one).forgetSeconds)[0];
  const clusters = regions.map(({ name, cluster }) => ({
    name,
    value: cluster?.kind === "existing" ? cluster.context : undefined,
  }));
  const addresses = regions.map(({ name, routing }) => ({ name, value: addressOf(routing) }));
  return [
    ...shared(clusters, ["cluster", "context"], "a cluster of its own", "both would be in one namespace"),
    ...shared(addresses, ["routing", "exposure"], "an address of its own", "clients could reach only one"),
    ...peerProblems(raw),
    ...awsProblems(raw),
    ...(slowest === undefined ? [] : serviceDrainProblems({ drainSeconds }, slowest, ["service"])),
  ];
}

/** The address that a routing fixes by itself, if it does. */
function addressOf(routing: Routing | undefined): string | undefined {
  return routing?.exposure.kind === "nodePort"
    ? `${routing.exposure.host}:${routing.exposure.nodePort}`
    : undefined;
}

/** Regions with something that a region before them has already. */
function shared(
  regions: readonly { readonly name: string; readonly value: string | undefined }[],
  path: Path,
  allowed: string,
  otherwise: string,
): Problem[] {
  return regions.flatMap(({ name, value }, index) => {
    const first = regions.slice(0, index).find((other) => value !== undefined && other.value === value);
    if (first === undefined) return [];
    const fix = `region ${first.name} has it too, and ${otherwise}`;
    return [{ path: ["regions", name, ...path], found: show(value), allowed, fix }];
  });
}
