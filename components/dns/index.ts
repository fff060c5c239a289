import type * as pulumi from "@pulumi/pulumi";
import { assertNever, type Path, type Problem } from "../core";
import type { Dns, DnsArgs } from "./dns";
import { PowerDns, type PowerDnsConfig, powerDnsProblems, type PowerDnsTransform } from "./powerdns";

export * from "./dns";
export * from "./powerdns";

/** Every DNS there is, by `kind`. */
export type DnsChoice = PowerDnsConfig;

/** The escape hatch for each kind's children. */
export interface DnsTransform {
  readonly powerdns?: PowerDnsTransform | undefined;
}

/** A DNS as a description chooses it, and what the topology adds. */
export interface ChosenDnsArgs extends DnsArgs {
  readonly config: DnsChoice;
  /**
   * The last word on what is made.
   * @default nothing is changed
   */
  readonly transform?: DnsTransform | undefined;
}

/** The DNS a description asks for. */
export function createDns(name: string, args: ChosenDnsArgs, opts?: pulumi.ComponentResourceOptions): Dns {
  const { config, transform } = args;
  switch (config.kind) {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- one kind so far
    case "powerdns":
      return new PowerDns(name, { ...args, config, transform: transform?.powerdns }, opts);
    default:
      return assertNever(config.kind, ["dns", "kind"]);
  }
}

/** What is wrong with a description's DNS beyond the range of each value. */
export function dnsProblems(
  config: DnsChoice,
  lease: { readonly leaseSeconds: number },
  path: Path,
): Problem[] {
  switch (config.kind) {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- one kind so far
    case "powerdns":
      return powerDnsProblems(config, lease, path);
    default:
      return assertNever(config.kind, [...path, "kind"]);
  }
}
