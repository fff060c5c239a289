import type { Field } from "./manifest";

/** Prefixes up to this leave a good part of the internet in. Bits. */
const widestPrefix = 7;

/** True for a block that is the internet, or a good part of it. */
export function isOpen(cidr: Field<unknown>): boolean {
  const prefix = typeof cidr === "string" ? /\/(\d+)$/.exec(cidr)?.[1] : undefined;
  return prefix !== undefined && Number(prefix) <= widestPrefix;
}
