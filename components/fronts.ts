import type * as pulumi from "@pulumi/pulumi";
import { type AwsGround, needed } from "./core";
import { type DnsChoice, fqdnOf } from "./dns";
import { Certificates, NetworkLoadBalancer, planRouter, type Routing } from "./routing";

/** Regions and how clients reach them. */
export interface FrontsArgs {
  /** Regions with what they stand on, where that is AWS; the preferred one first. */
  readonly exposed: readonly {
    readonly region: string;
    readonly routing: Routing;
    readonly ground: AwsGround | undefined;
  }[];
  /** The name clients ask for, which certificates are for. */
  readonly dns: DnsChoice | undefined;
  /** The stack's own name. */
  readonly label: string;
}

/** A load balancer for each region that asks for one beside its cluster, by region. */
export function makeFronts(
  name: string,
  { exposed, dns, label }: FrontsArgs,
  { parent }: { readonly parent: pulumi.Resource },
): Readonly<Record<string, NetworkLoadBalancer>> {
  const fronted = exposed
    .filter(({ routing }) => routing.exposure.kind === "networkLoadBalancer")
    .map(({ region, routing, ground }) => {
      const path = ["regions", region, "cluster", "kind"];
      return {
        region,
        routing,
        ground: needed(ground, name, { path, allowed: '"eks" behind such an exposure' }),
      };
    });
  if (fronted.length === 0) return {};
  const named = needed(dns?.kind === "route53" ? dns : undefined, name, {
    path: ["dns"],
    allowed: 'of kind "route53", since certificates are for its name',
  });
  const { arns } = new Certificates(
    `${name}-certificates`,
    {
      fqdn: fqdnOf(named),
      hostedZoneId: named.zoneId,
      grounds: Object.fromEntries(fronted.map(({ region, ground }) => [region, ground])),
    },
    { parent },
  );
  return Object.fromEntries(
    fronted.map(({ region, routing, ground }) => {
      const { ports } = planRouter(routing);
      const frontArgs = { ground, label, ports, certificateArn: arns[region] ?? "" };
      const inRegion = { parent, providers: [ground.provider] };
      return [region, new NetworkLoadBalancer(`${name}-${region}-front`, frontArgs, inRegion)];
    }),
  );
}
