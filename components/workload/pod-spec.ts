import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import {
  type DrainPlan,
  hardenedContainer,
  hardenedPod,
  hardenedPodWithVolumes,
  type Labels,
  resourceRequirements,
  type Resources,
  spread,
} from "../core";
import { databaseEnvironment, databaseMounts, databaseVolumes, type WebDatabase } from "./pod-database";
import { type ProbeBudgets, probes } from "./probes";

type Container = types.input.core.v1.Container;
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
  readonly database?: WebDatabase | undefined;
}

/** Environment variables in the order of their names, so that their order in a description changes nothing. */
function variables(
  environment: Readonly<Record<string, Input<string>>>,
): { name: string; value: Input<string> }[] {
  return Object.entries(environment)
    .map(([name, value]) => ({ name, value }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Makes the tables, or finds them made, before the service starts. */
const migration = (pod: WebPod, database: WebDatabase): Container => ({
  name: "migrate",
  image: pod.image,
  args: ["migrate"],
  env: variables({ ...pod.environment, ...databaseEnvironment(database, "migrate") }),
  resources: resourceRequirements(pod.resources),
  securityContext: hardenedContainer,
  volumeMounts: databaseMounts("migrate"),
});

/** The pod's spec. The service learns its own part of the drain from the environment, so that the two agree. */
export function webPodSpec(pod: WebPod): PodSpec {
  const ask = (path: string) => ({ httpGet: { path, port: "http" } });
  const { database } = pod;
  return {
    ...(database === undefined
      ? hardenedPod
      : {
          ...hardenedPodWithVolumes(),
          volumes: databaseVolumes(database),
          initContainers: [migration(pod, database)],
        }),
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
          ...(database === undefined ? {} : databaseEnvironment(database, "app")),
          LISTEN_ADDRESS: `:${pod.port}`,
          DRAIN_SECONDS: String(pod.drain.drainSeconds),
          SHUTDOWN_SECONDS: String(pod.drain.shutdownSeconds),
        }),
        resources: resourceRequirements(pod.resources),
        securityContext: hardenedContainer,
        ...(database === undefined ? {} : { volumeMounts: databaseMounts("app") }),
        // The kubelet's own wait: the image has no shell to run one in.
        lifecycle: { preStop: { sleep: { seconds: pod.drain.preStopSeconds } } },
        ...probes({ alive: ask("/health"), ready: ask("/ready") }, pod.probes),
      },
    ],
  };
}
