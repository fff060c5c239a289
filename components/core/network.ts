import { type Path, type Problem, show } from "./errors";

/** How a site is reached from other sites, and what its own addresses are. */
export interface Network {
  /** IPv4 address of a node, or of a load balancer in front of the nodes, as the other sites reach it. */
  readonly address: string;
  /** Block that the site's pods take their addresses from. */
  readonly podCidr: string;
  /** Block that the site's Services take their addresses from. */
  readonly serviceCidr: string;
}

/** A site's network and where it stands in what somebody wrote. */
export interface NetworkOfSite {
  readonly name: string;
  readonly path: Path;
  readonly network: Network;
}

/** Addresses from `first` to `last`, as numbers. */
interface Block {
  readonly first: number;
  readonly last: number;
}

const addressRule = "an IPv4 address, such as 192.0.2.10";
const cidrRule = "an IPv4 block that starts at its first address, such as 10.1.0.0/16";

const octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const addressPattern = new RegExp(`^(?:${octet}\\.){3}${octet}$`);

/** The address as a number; undefined for anything else. */
function parseAddress(text: string): number | undefined {
  if (!addressPattern.test(text)) return undefined;
  return text.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

/** The block of `address/length`; undefined for anything else. */
function parseCidr(text: string): Block | undefined {
  const { address = "", length = "" } =
    /^(?<address>[^/]+)\/(?<length>[1-9]|[12][0-9]|3[0-2])$/.exec(text)?.groups ?? {};
  const first = parseAddress(address);
  const size = 2 ** (32 - Number(length));
  return first === undefined || first % size !== 0 ? undefined : { first, last: first + size - 1 };
}

/** What is wrong with an IPv4 address. */
export const addressProblems = (text: string, path: Path): Problem[] =>
  parseAddress(text) === undefined ? [{ path, found: show(text), allowed: addressRule }] : [];

/** What is wrong with a block of IPv4 addresses. */
export const cidrProblems = (text: string, path: Path): Problem[] =>
  parseCidr(text) === undefined ? [{ path, found: show(text), allowed: cidrRule }] : [];

/** The number as an address. */
const addressText = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

/** The block's address at a place, counted from 0. */
export function addressAt(cidr: string, index: number): string {
  const { first, last } = blockOf(cidr);
  if (first + index > last) throw new Error(`${cidr} has no address ${index}`);
  return addressText(first + index);
}

/** One of the 2^bits equal parts of a block, counted from 0: `partOf("10.0.0.0/16", 2, 1)` is `10.0.64.0/18`. */
export function partOf(cidr: string, bits: number, index: number): string {
  const { first, last } = blockOf(cidr);
  const size = (last - first + 1) / 2 ** bits;
  if (size < 1 || index >= 2 ** bits) throw new Error(`${cidr} has no part ${index} of ${2 ** bits}`);
  return `${addressText(first + index * size)}/${32 - Math.log2(size)}`;
}

function blockOf(cidr: string): Block {
  const block = parseCidr(cidr);
  if (block === undefined) throw new Error(`${cidr} is no block`);
  return block;
}

/** How many addresses a block has. */
export function sizeOf(cidr: string): number {
  const { first, last } = blockOf(cidr);
  return last - first + 1;
}

/** Whether two blocks have an address in common. */
export const cidrsOverlap = (one: string, other: string): boolean => overlap(blockOf(one), blockOf(other));

const overlap = (one: Block, other: Block): boolean => one.first <= other.last && other.first <= one.last;

/** A value of a site's network, with the addresses it stands for. */
interface Part {
  readonly site: NetworkOfSite;
  readonly key: keyof Network;
  readonly block: Block;
}

/** What can be read of a network; the rest is told by its own problem. */
function partsOf(site: NetworkOfSite): Part[] {
  const { address, podCidr, serviceCidr } = site.network;
  const number = parseAddress(address);
  return [
    {
      site,
      key: "address" as const,
      block: number === undefined ? undefined : { first: number, last: number },
    },
    { site, key: "podCidr" as const, block: parseCidr(podCidr) },
    { site, key: "serviceCidr" as const, block: parseCidr(serviceCidr) },
  ].flatMap(({ block, ...part }) => (block === undefined ? [] : [{ ...part, block }]));
}

/**
 * True when two values may not share an address: packets for the one would end at the other. A node's own pods may be
 * addressed like the node, as some clusters do.
 */
function collide(one: Part, other: Part): boolean {
  const isOwnAddress = one.site === other.site && (one.key === "address" || other.key === "address");
  return !isOwnAddress && overlap(one.block, other.block);
}

/** What is wrong with the networks of sites that reach each other: their form, and addresses that two of them use. */
export function networkProblems(sites: readonly NetworkOfSite[]): Problem[] {
  const malformed = sites.flatMap(({ path, network }) => [
    ...addressProblems(network.address, [...path, "address"]),
    ...cidrProblems(network.podCidr, [...path, "podCidr"]),
    ...cidrProblems(network.serviceCidr, [...path, "serviceCidr"]),
  ]);
  const parts = sites.flatMap(partsOf);
  const shared = parts.flatMap((part, index) => {
    const first = parts.slice(0, index).find((other) => collide(part, other));
    return first === undefined ? [] : [sharedProblem(part, first)];
  });
  return [...malformed, ...shared];
}

function sharedProblem({ site, key }: Part, first: Part): Problem {
  const taken = `${first.key} of ${first.site.name} is ${first.site.network[first.key]}`;
  return {
    path: [...site.path, key],
    found: show(site.network[key]),
    allowed: "apart from every other address that sites use",
    fix: `${taken}, and packets for the one would end at the other`,
  };
}
