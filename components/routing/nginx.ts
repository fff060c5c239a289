import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  metadataOf,
  oneAtATime,
  refuse,
  type Role,
  rolloutTimeouts,
  rollWithoutLoss,
  selectorLabels,
  type Transform,
  transformed,
  type Weights,
} from "../core";
import { endpointOf, exposedService, joinFront } from "./exposure";
import {
  healthPort,
  renderNginxConfig,
  resolverValidSeconds,
  trafficPort,
  tryTimeouts,
} from "./nginx-config";
import { nginxPodSpec } from "./nginx-pod";
import { drainScript, startScript } from "./nginx-scripts";
import { type FrontPorts, type Router, type RouterArgs, type RoutingConfig, routingProblems } from "./router";

/** nginx as the router, and how it is run. */
export interface NginxRouting extends RoutingConfig {
  readonly kind: "nginx";
  /**
   * Router pods.
   * @default 2
   */
  readonly replicas?: number | undefined;
  /**
   * For how long a router pod that leaves still serves, so that whatever is in front of it stops sending.
   * @default 8
   */
  readonly drainSeconds?: number | undefined;
  /**
   * For how long the cluster's DNS may answer with a pod that has left.
   * @default 5
   */
  readonly dnsTtlSeconds?: number | undefined;
  /**
   * Send a POST that failed to another pod. Saves requests when a pod dies; such a request may be done twice.
   * @default false
   */
  readonly retryNonIdempotent?: boolean | undefined;
}

/** {@link NginxRouting} and what the region adds. */
export interface NginxRouterArgs extends RouterArgs {
  readonly routing: NginxRouting;
  /**
   * The last word on a child's arguments.
   * @default nothing is changed
   */
  readonly transform?: NginxRouterTransform | undefined;
}

/** The escape hatch for each child of a {@link NginxRouter}. */
export interface NginxRouterTransform {
  readonly config?: Transform<k8s.core.v1.ConfigMapArgs> | undefined;
  readonly deployment?: Transform<k8s.apps.v1.DeploymentArgs> | undefined;
  readonly service?: Transform<k8s.core.v1.ServiceArgs> | undefined;
  readonly disruptionBudget?: Transform<k8s.policy.v1.PodDisruptionBudgetArgs> | undefined;
}

/** From a pod's end until Kubernetes' DNS server has heard of it, on a busy cluster. */
const endpointDelaySeconds = 2;

/** Longest until nginx sends nothing more to a pod that has begun to leave. */
export function nginxForgetSeconds({ dnsTtlSeconds = 5 }: NginxRouting): number {
  return endpointDelaySeconds + dnsTtlSeconds + resolverValidSeconds;
}

/** Where nginx' pods answer. */
export const nginxPorts: FrontPorts = {
  traffic: trafficPort,
  ready: { port: healthPort, path: "/router/ready" },
};

const role: Role = { name: "router", instance: "router", component: "router" };
const selector = selectorLabels(role);
const workers = 2;
const resources = { cpuMillicores: 100, memoryMebibytes: 128 };

/** nginx over the pods of weighted backends. A change of its configuration rolls its pods, and can be rolled back. */
export class NginxRouter extends pulumi.ComponentResource implements Router {
  readonly endpoint: pulumi.Output<string>;
  readonly weights: Weights;

  constructor(name: string, args: NginxRouterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:routing:NginxRouter", name, {}, opts);
    const { place, routing, transform } = args;
    refuse(name, routingProblems(routing, ["routing"]));

    const metadata = metadataOf(args.place, role);
    const child = { parent: this };
    const awaited = { ...child, customTimeouts: rolloutTimeouts(args.rolloutTimeoutSeconds) };
    // Pulumi does not hand a component's dependencies down to its children.
    const after = opts?.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn };

    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      transformed(configArgs(args), transform?.config),
      child,
    );
    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      transformed(deploymentArgs(args, config.metadata.name), transform?.deployment),
      { ...awaited, ...after },
    );
    const service = new k8s.core.v1.Service(
      `${name}-service`,
      transformed({ metadata, spec: exposedService(routing.exposure, selector) }, transform?.service),
      awaited,
    );
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-disruption-budget`,
      transformed(
        { metadata: metadataOf(args.place, role), spec: oneAtATime(selector) },
        transform?.disruptionBudget,
      ),
      child,
    );

    const exposed = { exposure: routing.exposure, service, place, role, front: args.front };
    joinFront(`${name}-binding`, exposed, child);
    this.endpoint = endpointOf(exposed);
    this.weights = Object.fromEntries(args.backends.map((backend) => [backend.name, backend.weight]));
    this.registerOutputs({ endpoint: this.endpoint, weights: this.weights });
  }
}

const drainSecondsOf = ({ routing }: NginxRouterArgs): number => routing.drainSeconds ?? 8;
const shutdownSecondsOf = ({ requestSeconds }: NginxRouterArgs): number => tryTimeouts(requestSeconds).total;

function configArgs(args: NginxRouterArgs): k8s.core.v1.ConfigMapArgs {
  const { namespace, labels } = metadataOf(args.place, role);
  return {
    // Named by Pulumi, anew for every change: pods of the old configuration keep theirs until they are gone.
    metadata: { namespace, labels },
    data: {
      "nginx.conf": renderNginxConfig({
        algorithm: args.routing.algorithm,
        backends: args.backends,
        health: args.health,
        requestSeconds: args.requestSeconds,
        shutdownSeconds: shutdownSecondsOf(args),
        retryNonIdempotent: args.routing.retryNonIdempotent ?? false,
        workers,
        resolver: args.resolver,
      }),
      "start.sh": startScript,
      "drain.sh": drainScript(drainSecondsOf(args)),
    },
  };
}

function deploymentArgs(args: NginxRouterArgs, configName: pulumi.Input<string>): k8s.apps.v1.DeploymentArgs {
  const metadata = metadataOf(args.place, role);
  return {
    metadata: {
      ...metadata,
      annotations: { "twinstack.dev/forget-seconds": String(nginxForgetSeconds(args.routing)) },
    },
    spec: {
      replicas: args.routing.replicas ?? 2,
      selector: { matchLabels: selector },
      strategy: rollWithoutLoss,
      progressDeadlineSeconds: args.rolloutTimeoutSeconds,
      revisionHistoryLimit: 3,
      template: {
        metadata: { labels: metadata.labels },
        spec: nginxPodSpec({
          image: args.image,
          configName,
          resources,
          drainSeconds: drainSecondsOf(args),
          shutdownSeconds: shutdownSecondsOf(args),
          selector,
        }),
      },
    },
  };
}
