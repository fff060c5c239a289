import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  aloneBecause,
  hardenedContainer,
  hardenedPod,
  metadataOf,
  type Place,
  resourceRequirements,
  type Role,
  rolloutTimeouts,
  selectorLabels,
  serviceHost,
  type Transform,
  transformed,
} from "../core";
import { probes } from "./probes";

/** A cache's size and place. */
export interface CacheArgs {
  /** Where it runs. Replaces the cache. */
  readonly place: Place;
  /** An image with valkey, by digest. */
  readonly image: pulumi.Input<string>;
  /** What the pod may use; three quarters of it hold entries, and the longest unused ones go first. */
  readonly memoryMebibytes: number;
  /** A rollout that takes longer fails `up`, with what the pod says. */
  readonly rolloutTimeoutSeconds: number;
  /**
   * The last word on a child's arguments.
   * @default nothing is changed
   */
  readonly transform?: CacheTransform | undefined;
}

/** The escape hatch for each child of a {@link Cache}. */
export interface CacheTransform {
  readonly deployment?: Transform<k8s.apps.v1.DeploymentArgs> | undefined;
  readonly service?: Transform<k8s.core.v1.ServiceArgs> | undefined;
}

const role: Role = { name: "cache", instance: "cache", component: "cache" };
const selector = selectorLabels(role);
const port = 6379;

/**
 * One valkey without persistence: a cache, not a database. It is single on purpose and says so to the policies: the
 * service answers without it (`degraded: true`), and an entry lost costs a recount. Changing it starts an empty one.
 */
export class Cache extends pulumi.ComponentResource {
  /** `host:port` inside the cluster. */
  readonly address: string;

  constructor(name: string, args: CacheArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:workload:Cache", name, {}, opts);
    const { place, transform } = args;
    const metadata = metadataOf(place, role);
    const awaited = { parent: this, customTimeouts: rolloutTimeouts(args.rolloutTimeoutSeconds) };

    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      transformed(deploymentArgs(metadata, args), transform?.deployment),
      awaited,
    );
    const service = { metadata, spec: { selector, ports: [{ name: "redis", port, targetPort: "redis" }] } };
    new k8s.core.v1.Service(`${name}-service`, transformed(service, transform?.service), awaited);

    this.address = `${serviceHost(role.instance, place.namespaceName)}:${port}`;
    this.registerOutputs({ address: this.address });
  }
}

type Metadata = k8s.types.input.meta.v1.ObjectMeta;

function deploymentArgs(metadata: Metadata, args: CacheArgs): k8s.apps.v1.DeploymentArgs {
  return {
    metadata: aloneBecause(metadata, "a cache: the service answers without it"),
    spec: {
      replicas: 1,
      selector: { matchLabels: selector },
      // Two at once would count apart, and there is nothing in it that a successor could take over.
      strategy: { type: "Recreate" },
      progressDeadlineSeconds: args.rolloutTimeoutSeconds,
      revisionHistoryLimit: 3,
      template: { metadata: { labels: metadata.labels ?? {} }, spec: podSpec(args) },
    },
  };
}

function podSpec({ image, memoryMebibytes }: CacheArgs): k8s.types.input.core.v1.PodSpec {
  return {
    ...hardenedPod,
    terminationGracePeriodSeconds: 5,
    containers: [
      {
        name: role.name,
        image,
        command: ["valkey-server"],
        args: serverArguments(memoryMebibytes),
        ports: [{ name: "redis", containerPort: port }],
        resources: resourceRequirements({ cpuMillicores: 50, memoryMebibytes }),
        securityContext: hardenedContainer,
        // The service notices by itself within milliseconds; each question here starts a process.
        ...probes(
          {
            alive: { tcpSocket: { port: "redis" } },
            ready: { exec: { command: ["valkey-cli", "-p", String(port), "ping"] } },
          },
          { unreadySeconds: 10 },
        ),
      },
    ],
  };
}

/** Nothing is written to disk, so that the root may be read-only; the rest of the memory is for connections. */
function serverArguments(memoryMebibytes: number): string[] {
  const settings = {
    port: String(port),
    // Without a password valkey answers only its own host, unless told that the network is trusted.
    "protected-mode": "no",
    save: "",
    appendonly: "no",
    maxmemory: `${Math.floor(memoryMebibytes * 0.75)}mb`,
    "maxmemory-policy": "allkeys-lru",
  };
  return Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]);
}
