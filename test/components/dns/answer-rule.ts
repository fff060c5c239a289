import type { DnsPolicy } from "../../../components/dns";

/** How a DNS server may see a region. */
export const targetStates = ["healthy", "refusing", "unreached"] as const;
export type TargetState = (typeof targetStates)[number];

/** The rule a DNS promises, said again in another language than the server's: which regions, by their place. */
export function answered(policy: DnsPolicy, states: readonly TargetState[]): number[] {
  const those = (state: TargetState): number[] => states.flatMap((each, at) => (each === state ? [at] : []));
  const best =
    [those("healthy"), those("unreached"), those("refusing")].find(({ length }) => length > 0) ?? [];
  return policy === "failover" ? best.slice(0, 1) : best;
}
