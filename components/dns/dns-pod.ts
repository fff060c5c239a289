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
import { podLayout } from "./powerdns-config";

/** What a DNS server's pods are made of. */
export interface DnsPod {
  readonly image: Input<string>;
  /** Name of the ConfigMap with the server's files. */
  readonly configName: Input<string>;
  readonly resources: Resources;
  readonly selector: Labels;
}

/** A pod that leaves answers until the nodes have stopped sending to it: they hear of it within this time. */
const drainSeconds = 5;
/** Process exit on a busy node. */
const marginSeconds = 5;

const { configDirectory, runDirectory, port } = podLayout;
const script = (name: string) => ({ exec: { command: ["/bin/sh", `${configDirectory}/${name}`] } });

/** The spec of a pod with PowerDNS, which may write only where a volume is mounted. */
export function dnsPodSpec(pod: DnsPod): types.input.core.v1.PodSpec {
  return {
    ...hardenedPod,
    terminationGracePeriodSeconds: drainSeconds + marginSeconds,
    topologySpreadConstraints: spread(pod.selector),
    containers: [
      {
        name: "powerdns",
        image: pod.image,
        command: ["/usr/sbin/pdns_server", `--config-dir=${configDirectory}`],
        ports: [
          { name: "dns", containerPort: port, protocol: "UDP" },
          { name: "dns-tcp", containerPort: port, protocol: "TCP" },
        ],
        resources: resourceRequirements(pod.resources),
        securityContext: hardenedContainer,
        lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
        // The first answer must be a good one: nothing is sent here before every region has been judged.
        startupProbe: { ...script("started.sh"), ...probeTiming(60, { failures: 58, timeoutSeconds: 2 }) },
        livenessProbe: {
          tcpSocket: { port: "dns-tcp" },
          ...probeTiming(20, { failures: 3, timeoutSeconds: 2 }),
        },
        readinessProbe: { ...script("ready.sh"), ...probeTiming(10, { failures: 3, timeoutSeconds: 2 }) },
        volumeMounts: [
          { name: "config", mountPath: configDirectory, readOnly: true },
          { name: "run", mountPath: runDirectory },
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: pod.configName } },
      { name: "run", emptyDir: { sizeLimit: "1Mi" } },
    ],
  };
}
