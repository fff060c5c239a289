import { cidrProblems, partOf, type Path, type Problem, show, sizeOf } from "../core";

/** One zone's subnets. */
export interface ZonePlan {
  /** The zone's letter, which its resources are named by. */
  readonly letter: string;
  /** AWS' name of the zone, such as eu-central-1a. */
  readonly zone: string;
  /** A quarter of the VPC, for nodes and pods. */
  readonly privateCidr: string;
  /** A sixteenth of the VPC, for load balancers and NAT gateways. */
  readonly publicCidr: string;
}

/** Zones of a region, unless told otherwise: nothing is looked up, so that a preview needs no account. */
export const defaultZones = ["a", "b", "c"] as const;

/**
 * Subnets of a VPC in three zones. Three of its quarters are private; the fourth one is cut again, so that a change of
 * one kind never moves the other. The last sixteenth stays free.
 */
export const planZones = (
  region: string,
  cidr: string,
  letters: readonly string[] = defaultZones,
): ZonePlan[] =>
  letters.map((letter, index) => ({
    letter,
    zone: `${region}${letter}`,
    privateCidr: partOf(cidr, 2, index),
    publicCidr: partOf(partOf(cidr, 2, 3), 2, index),
  }));

const largest = 2 ** 16;
const smallest = 2 ** 12;

/** What is wrong with the block of a VPC: its form, or a size that AWS refuses or pods outgrow. */
export function vpcCidrProblems(cidr: string, path: Path): Problem[] {
  const malformed = cidrProblems(cidr, path);
  if (malformed.length > 0) return malformed;
  const size = sizeOf(cidr);
  if (size >= smallest && size <= largest) return [];
  const fix = "AWS takes no larger one, and pods of three zones need the room of a /20";
  return [{ path, found: show(cidr), allowed: "a block from /16 to /20", fix }];
}
