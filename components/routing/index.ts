import type * as pulumi from "@pulumi/pulumi";
import { assertNever } from "../core";
import {
  nginxForgetSeconds,
  nginxPorts,
  NginxRouter,
  type NginxRouterTransform,
  type NginxRouting,
} from "./nginx";
import type { FrontPorts, Router, RouterArgs } from "./router";

export * from "./certificates";
export { namespaceLabels, routerInside, routerName } from "./exposure";
export * from "./network-load-balancer";
export * from "./nginx";
export * from "./router";

/** Every router there is, by `kind`. */
export type Routing = NginxRouting;

/** The escape hatch for each kind's children. */
export interface RouterTransform {
  readonly nginx?: NginxRouterTransform | undefined;
}

/** What the region has to know of a router before it makes one. */
export interface RouterPlan {
  /** Longest until the router sends nothing more to a pod that has begun to leave: pods drain for longer than this. */
  readonly forgetSeconds: number;
  /** What the name of a backend must resolve to. */
  readonly backendsResolveTo: "pods" | "service";
  /** Where its pods answer whoever stands in front of them. */
  readonly ports: FrontPorts;
  readonly create: (name: string, args: RouterArgs, opts?: pulumi.ComponentResourceOptions) => Router;
}

/** The router a routing asks for. */
export function planRouter(routing: Routing, transform?: RouterTransform): RouterPlan {
  switch (routing.kind) {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- one kind so far
    case "nginx":
      return {
        forgetSeconds: nginxForgetSeconds(routing),
        backendsResolveTo: "pods",
        ports: nginxPorts,
        create: (name, args, opts) =>
          new NginxRouter(name, { ...args, routing, transform: transform?.nginx }, opts),
      };
    default:
      return assertNever(routing.kind, ["routing", "kind"]);
  }
}
