import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import {
  hardenedContainer,
  hardenedPod,
  type Labels,
  probeTiming,
  resourceRequirements,
  type Resources,
  spread,
} from "../core";
import { configDirectory, healthPort, runDirectory, tempDirectory, trafficPort } from "./nginx-config";

/** What a router's pods are made of. */
export interface NginxPod {
  readonly image: Input<string>;
  /** Name of the ConfigMap with `nginx.conf`, `start.sh` and `drain.sh`. */
  readonly configName: Input<string>;
  readonly resources: Resources;
  /** The pod serves for this long after it was told to go. */
  readonly drainSeconds: number;
  /** Then nginx lets requests finish for this long. */
  readonly shutdownSeconds: number;
  readonly selector: Labels;
}

/** Process exit on a busy node. */
const marginSeconds = 5;

const script = (name: string): string[] => ["/bin/sh", `${configDirectory}/${name}`];
const ask = (path: string) => ({ httpGet: { path, port: "health" } });

/** The spec of a pod with nginx, which may write only where volumes are mounted. */
export function nginxPodSpec(pod: NginxPod): types.input.core.v1.PodSpec {
  return {
    ...hardenedPod,
    terminationGracePeriodSeconds: pod.drainSeconds + pod.shutdownSeconds + marginSeconds,
    topologySpreadConstraints: spread(pod.selector),
    containers: [
      {
        name: "nginx",
        image: pod.image,
        command: script("start.sh"),
        ports: [
          { name: "http", containerPort: trafficPort },
          { name: "health", containerPort: healthPort },
        ],
        resources: resourceRequirements(pod.resources),
        securityContext: hardenedContainer,
        lifecycle: { preStop: { exec: { command: script("drain.sh") } } },
        startupProbe: { ...ask("/router/health"), ...probeTiming(30, { failures: 29, timeoutSeconds: 1 }) },
        livenessProbe: { ...ask("/router/health"), ...probeTiming(20, { failures: 3, timeoutSeconds: 2 }) },
        readinessProbe: { ...ask("/router/ready"), ...probeTiming(5, { failures: 2, timeoutSeconds: 1 }) },
        volumeMounts: [
          { name: "config", mountPath: configDirectory, readOnly: true },
          { name: "run", mountPath: runDirectory },
          { name: "temp", mountPath: tempDirectory },
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: pod.configName } },
      { name: "run", emptyDir: { sizeLimit: "1Mi" } },
      { name: "temp", emptyDir: { sizeLimit: "256Mi" } },
    ],
  };
}
