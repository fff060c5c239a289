import type * as pulumi from "@pulumi/pulumi";
import { normalizeWeights, type Path, type Place, type Problem, weightProblems, type Weights } from "../core";

/**
 * How the next backend is chosen.
 *
 * - `roundRobin`: each in turn; for backends of equal weight.
 * - `weighted`: each in turn, in proportion to its weight.
 * - `leastConnections`: the one with the fewest requests in flight for its weight.
 * - `ipHash`: always the same backend for the same client address, in proportion to the weights over many addresses.
 *
 * A backend's pods are equal: which of them answers is not part of the promise.
 */
export const algorithms = ["roundRobin", "weighted", "leastConnections", "ipHash"] as const;
export type Algorithm = (typeof algorithms)[number];

/** What a person asks of a backend. */
export interface BackendConfig {
  /** Share of the requests in proportion to the others'; 0 takes the backend out of rotation. */
  readonly weight: number;
}

/** One group of equal pods that requests may go to. */
export interface Backend extends BackendConfig {
  readonly name: string;
  /** Name that resolves to the backend's pods or to one address for all of them. */
  readonly host: string;
  readonly port: number;
}

/** Where clients reach a router. */
export type Exposure =
  | {
      /** A port on every node of the cluster. */
      readonly kind: "nodePort";
      /** A node's address, as clients know it. */
      readonly host: string;
      readonly nodePort: number;
    }
  | {
      /** An address from the cluster's load balancer. */
      readonly kind: "loadBalancer";
    }
  | {
      /** A load balancer beside the cluster, which ends TLS and knows the routers' pods. */
      readonly kind: "networkLoadBalancer";
    }
  | {
      /** Only inside the cluster. */
      readonly kind: "clusterIp";
    };

/** What every implementation is asked for. */
export interface RoutingConfig {
  readonly algorithm: Algorithm;
  /** Backends by name. */
  readonly backends: Readonly<Record<string, BackendConfig>>;
  readonly exposure: Exposure;
}

/** Where a router's pods answer whoever stands in front of them. */
export interface FrontPorts {
  /** Clients' requests. */
  readonly traffic: number;
  /** Says 200 while the pod wants to be sent requests. */
  readonly ready: { readonly port: number; readonly path: string };
}

/** Who stands in front of the routers, where that is nothing the cluster made. */
export interface Front {
  /** Where clients reach it. */
  readonly url: pulumi.Input<string>;
  /** The group that routers' pods join, once somebody listens for it. */
  readonly targets: pulumi.Input<string>;
}

/** Who decides whether the region is in service, and says 200 while it is. */
export interface HealthSource {
  /** Name that resolves to its address; need not resolve yet. */
  readonly host: string;
  readonly port: number;
  /** Where it is asked, and the router too. */
  readonly path: string;
}

/** What the region hands to a router, whatever its implementation. */
export interface RouterArgs {
  /** Where it runs. Replaces the router. */
  readonly place: Place;
  /** Image of the router, by digest. */
  readonly image: pulumi.Input<string>;
  /** Backends with their desired weights. */
  readonly backends: readonly Backend[];
  /**
   * Whose answer is passed on, at its own path, to whoever asks for the region's health: DNS, above all. No answer
   * within a second is a 503, and none is cached.
   * @default nobody's: every path is the backends'
   */
  readonly health?: HealthSource | undefined;
  /**
   * Who stands in front of it.
   * @default nobody: only needed where the exposure is a network load balancer
   */
  readonly front?: Front | undefined;
  /** Name or IPv4 address of who resolves the backends' hosts. */
  readonly resolver: string;
  /** Longest a backend may work on a request. */
  readonly requestSeconds: number;
  /** A rollout that takes longer fails `up`, with what the pods say. */
  readonly rolloutTimeoutSeconds: number;
}

/** Splits clients' requests over backends. */
export interface Router extends pulumi.Resource {
  /** Where clients reach the backends, such as `http://198.51.100.7:30080`. */
  readonly endpoint: pulumi.Output<string>;
  /** Desired weight by backend. */
  readonly weights: Weights;
}

/** Desired weights of a routing by backend. */
export function weightsOf(backends: Readonly<Record<string, BackendConfig>>): Weights {
  return Object.fromEntries(Object.entries(backends).map(([name, { weight }]) => [name, weight]));
}

/** What is wrong with a routing beyond the range of each value, for any implementation. */
export function routingProblems({ algorithm, backends }: RoutingConfig, path: Path): Problem[] {
  const weights = weightsOf(backends);
  const problems = weightProblems(weights, [...path, "backends"]);
  const differ = new Set(Object.values(normalizeWeights(weights))).size > 1;
  if (algorithm !== "roundRobin" || problems.length > 0 || !differ) return problems;
  // Pulumi hands keys over in an order of its own.
  const found = Object.entries(weights)
    .map(([name, weight]) => `${name} ${weight}`)
    .sort();
  return [
    {
      path: [...path, "algorithm"],
      found: `"roundRobin" over unequal weights (${found.join(", ")})`,
      allowed: `"weighted", "leastConnections" or "ipHash" where weights differ`,
      fix: "set it to weighted, or make the weights equal (0 is allowed)",
    },
  ];
}
