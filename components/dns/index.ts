import type * as pulumi from "@pulumi/pulumi";
import { assertNever, type Path, type Problem } from "../core";
import type { Dns, DnsArgs } from "./dns";
import { PowerDns, type PowerDnsConfig, powerDnsProblems, type PowerDnsTransform } from "./powerdns";
import { Route53, type Route53Config, route53Problems, type Route53Transform } from "./route53";

export * from "./dns";
export * from "./powerdns";
export * from "./route53";

/** Every DNS there is, by `kind`. */
export type DnsChoice = PowerDnsConfig | Route53Config;

/** The escape hatch for each kind's children. */
export interface DnsTransform {
  readonly powerdns?: PowerDnsTransform | undefined;
  readonly route53?: Route53Transform | undefined;
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
    case "powerdns":
      return new PowerDns(name, { ...args, config, transform: transform?.powerdns }, opts);
    case "route53":
      return new Route53(name, { ...args, config, transform: transform?.route53 }, opts);
    default:
      return assertNever(config, ["dns", "kind"]);
  }
}

/** What is wrong with a description's DNS beyond the range of each value. */
export function dnsProblems(
  config: DnsChoice,
  lease: { readonly leaseSeconds: number },
  path: Path,
): Problem[] {
  switch (config.kind) {
    case "powerdns":
      return powerDnsProblems(config, lease, path);
    case "route53":
      return route53Problems(config, lease, path);
    default:
      return assertNever(config, [...path, "kind"]);
  }
}

/** Whether servers run in pods of every site: they then need an image. */
export function dnsRunsInPods({ kind }: Pick<DnsChoice, "kind">): boolean {
  switch (kind) {
    case "powerdns":
      return true;
    case "route53":
      return false;
    default:
      return assertNever(kind, ["dns", "kind"]);
  }
}
