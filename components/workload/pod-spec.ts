import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import {
  type DrainPlan,
  hardenedContainer,
  hardenedPod,
  type Labels,
  resourceRequirements,
  type Resources,
  spread,
} from "../core";
import { type ProbeBudgets, probes } from "./probes";

type PodSpec = types.input.core.v1.PodSpec;

/** What a web service's pods are made of. */
export interface WebPod {
  readonly name: string;
  readonly image: Input<string>;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly resources: Resources;
  readonly drain: DrainPlan;
  readonly probes: ProbeBudgets;
  readonly serviceAccountName: Input<string>;
  readonly selector: Labels;
}

/** Environment variables in the order of their names, so that their order in a description changes nothing. */
function variables(environment: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(environment)
    .map(([name, value]) => ({ name, value }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The pod's spec. The service learns its own part of the drain from the environment, so that the two agree. */
export function webPodSpec(pod: WebPod): PodSpec {
  const ask = (path: string) => ({ httpGet: { path, port: "http" } });
  return {
    ...hardenedPod,
    serviceAccountName: pod.serviceAccountName,
    terminationGracePeriodSeconds: pod.drain.terminationGraceSeconds,
    topologySpreadConstraints: spread(pod.selector),
    containers: [
      {
        name: pod.name,
        image: pod.image,
        ports: [{ name: "http", containerPort: pod.port }],
        env: variables({
          ...pod.environment,
          LISTEN_ADDRESS: `:${pod.port}`,
          DRAIN_SECONDS: String(pod.drain.drainSeconds),
          SHUTDOWN_SECONDS: String(pod.drain.shutdownSeconds),
        }),
        resources: resourceRequirements(pod.resources),
        securityContext: hardenedContainer,
        // The kubelet's own wait: the image has no shell to run one in.
        lifecycle: { preStop: { sleep: { seconds: pod.drain.preStopSeconds } } },
        ...probes({ alive: ask("/health"), ready: ask("/ready") }, pod.probes),
      },
    ],
  };
}
