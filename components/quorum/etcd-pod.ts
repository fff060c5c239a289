import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import {
  hardenedContainer,
  hardenedPodWithVolumes,
  hostAliases,
  probeTiming,
  resourceRequirements,
  secretDirectories,
  trustVolume,
} from "../core";
import { electionMilliseconds } from "./quorum";

type PodSpec = types.input.core.v1.PodSpec;

/** Ports that a voter listens on in its pod. */
export const etcdPorts = { client: 2379, peer: 2380, metrics: 2381 } as const;

/** The name every voter's certificate has besides its own: whoever lacks it can't join the vote, whatever else it may do. */
export const peerName = "quorum-peer";

/** The volume. */
export const dataVolume = "data";
const dataDirectory = "/var/lib/etcd";

/** A voter as the others reach it. */
export interface EtcdMember {
  readonly name: string;
  readonly address: string;
  /** `host:port` for clients. */
  readonly client: string;
  /** `host:port` for the other voters. */
  readonly peer: string;
}

/** What a voter's pod is made of. */
export interface EtcdPod {
  readonly image: Input<string>;
  readonly member: EtcdMember;
  /** All voters, this one among them. */
  readonly members: readonly EtcdMember[];
  /** Tells this quorum from any other that its packets could stray to. */
  readonly token: string;
  readonly roundTripMilliseconds: number;
  /** Secret with `ca.crt`, `tls.crt` and `tls.key`. */
  readonly trustSecretName: Input<string>;
}

const mebibyte = 1024 * 1024;
const file = (name: string): string => `${secretDirectories.trust}/${name}`;

/** The voter's command line. The store is a few keys and leases, and is kept as small. */
export function etcdArguments(pod: Omit<EtcdPod, "image" | "trustSecretName">): string[] {
  const { member, members, token, roundTripMilliseconds } = pod;
  const settings = {
    name: member.name,
    "data-dir": `${dataDirectory}/data`,
    "listen-client-urls": `https://0.0.0.0:${etcdPorts.client}`,
    "advertise-client-urls": `https://${member.client}`,
    "listen-peer-urls": `https://0.0.0.0:${etcdPorts.peer}`,
    "initial-advertise-peer-urls": `https://${member.peer}`,
    "initial-cluster": members.map(({ name, peer }) => `${name}=https://${peer}`).join(","),
    "initial-cluster-token": token,
    "initial-cluster-state": "new",
    // Health and metrics, no keys: probes have no certificate.
    "listen-metrics-urls": `http://0.0.0.0:${etcdPorts.metrics}`,
    "client-cert-auth": "true",
    "trusted-ca-file": file("ca.crt"),
    "cert-file": file("tls.crt"),
    "key-file": file("tls.key"),
    "peer-client-cert-auth": "true",
    "peer-trusted-ca-file": file("ca.crt"),
    "peer-cert-file": file("tls.crt"),
    "peer-key-file": file("tls.key"),
    "peer-cert-allowed-hostname": peerName,
    // The other half of that check: a packet's source is a pod or a node, never an address that a certificate can know.
    "experimental-peer-skip-client-san-verification": "true",
    "tls-min-version": "TLS1.3",
    "heartbeat-interval": String(roundTripMilliseconds),
    "election-timeout": String(electionMilliseconds(roundTripMilliseconds)),
    // A voter that was cut off must not unseat a healthy leader when it comes back.
    "pre-vote": "true",
    "auto-compaction-mode": "revision",
    "auto-compaction-retention": "1000",
    "quota-backend-bytes": String(64 * mebibyte),
    "snapshot-count": "5000",
    "max-snapshots": "2",
    "max-wals": "2",
    logger: "zap",
    "log-level": "warn",
  };
  return Object.entries(settings).map(([key, value]) => `--${key}=${value}`);
}

const ask = (path: string) => ({ httpGet: { path, port: "metrics" } });

/** The voter's pod. */
export function etcdPodSpec(pod: EtcdPod): PodSpec {
  return {
    ...hardenedPodWithVolumes(),
    hostAliases: hostAliases(pod.members),
    // Hands the lead over to another voter and closes its log.
    terminationGracePeriodSeconds: 30,
    containers: [
      {
        name: "etcd",
        image: pod.image,
        command: ["/usr/bin/etcd"],
        args: etcdArguments(pod),
        ports: Object.entries(etcdPorts).map(([name, containerPort]) => ({ name, containerPort })),
        // A Go program in a container sees all of the node's memory: without this its collector would wait too long.
        env: [{ name: "GOMEMLIMIT", value: "96MiB" }],
        resources: resourceRequirements({ cpuMillicores: 50, memoryMebibytes: 128 }),
        securityContext: hardenedContainer,
        // Ready once it may read what a majority agreed on: never before the others are there.
        startupProbe: { ...ask("/livez"), ...probeTiming(120, { failures: 119, timeoutSeconds: 1 }) },
        // A slow disk is not a hung process: a restart would only make it read the disk again.
        livenessProbe: { ...ask("/livez"), ...probeTiming(60, { failures: 5, timeoutSeconds: 10 }) },
        readinessProbe: { ...ask("/readyz"), ...probeTiming(8, { failures: 2, timeoutSeconds: 2 }) },
        volumeMounts: [
          { name: dataVolume, mountPath: dataDirectory },
          { name: "trust", mountPath: secretDirectories.trust, readOnly: true },
        ],
      },
    ],
    volumes: [trustVolume(pod.trustSecretName)],
  };
}
