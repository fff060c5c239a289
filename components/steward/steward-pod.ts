import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import {
  accountVolume,
  authorityVolume,
  hardenedContainer,
  hardenedPodWithVolumes,
  hostAliases,
  type NamedHost,
  probeTiming,
  resourceRequirements,
  type Resources,
  secretDirectories,
  trustVolume,
} from "../core";
import type { StewardEnvironment } from "./steward-environment";

type PodSpec = types.input.core.v1.PodSpec;
type Volume = types.input.core.v1.Volume;

/** The port it answers on. */
export const stewardPort = 8080;

/** Ports it passes clients through on, where the database itself can't be closed. */
export const gatePorts = { writer: 3306, forward: 3307, reader: 3308 } as const;

/** Where every client of Kubernetes looks for its account. */
const tokenDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";
const tokenSeconds = 3600;

/** What a steward's pod is made of. */
export interface StewardPod {
  readonly image: Input<string>;
  readonly environment: StewardEnvironment;
  /** Whom it talks to by names that no DNS server has. */
  readonly hosts: readonly NamedHost[];
  readonly serviceAccountName: Input<string>;
  /** Whom it trusts. */
  readonly trust: StewardTrust;
  /** Whether clients of the database go through it. */
  readonly gate: boolean;
  /** Secrets with `username` and `password`, by account. */
  readonly accounts: Readonly<Record<string, Input<string>>>;
}

/** What tells a steward from a stranger. */
export type StewardTrust =
  | {
      /** It and those it talks to know each other by certificates: `ca.crt`, `tls.crt` and `tls.key` of a Secret. */
      readonly kind: "identity";
      readonly secretName: Input<string>;
    }
  | {
      /** It only checks others: `ca.crt` of a ConfigMap. */
      readonly kind: "authority";
      readonly configName: Input<string>;
    };

const trustOf = (trust: StewardTrust): Volume =>
  trust.kind === "identity" ? trustVolume(trust.secretName) : authorityVolume(trust.configName);

/** The account's token, good for an hour: mounted by hand, so that only who needs it has it. */
const tokenVolume: Volume = {
  name: "token",
  projected: {
    sources: [
      { serviceAccountToken: { path: "token", expirationSeconds: tokenSeconds } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    ],
  },
};

const ask = (path: string) => ({ httpGet: { path, port: "http" } });

/** What it decides by is little; what clients send and read through it is not. */
const resourcesOf = ({ gate }: StewardPod): Resources =>
  gate ? { cpuMillicores: 250, memoryMebibytes: 256 } : { cpuMillicores: 50, memoryMebibytes: 64 };

const portsOf = ({ gate }: StewardPod) =>
  Object.entries({ http: stewardPort, ...(gate ? gatePorts : {}) }).map(([name, containerPort]) => ({
    name,
    containerPort,
  }));

/** Its own address, which it leads clients to. */
const podIp = { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } };

function variablesOf(pod: StewardPod): types.input.core.v1.EnvVar[] {
  const environment = {
    ...pod.environment,
    ACCOUNTS_DIRECTORY: secretDirectories.accounts,
    LISTEN_ADDRESS: `:${stewardPort}`,
    TRUST_DIRECTORY: secretDirectories.trust,
  };
  const variables = Object.entries(environment)
    .map(([name, value]) => ({ name, value }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  return pod.gate ? [...variables, podIp] : variables;
}

/** The steward's pod. It leaves at once: its lease is given back, or runs out. */
export function stewardPodSpec(pod: StewardPod): PodSpec {
  return {
    ...hardenedPodWithVolumes(),
    serviceAccountName: pod.serviceAccountName,
    hostAliases: hostAliases(pod.hosts),
    terminationGracePeriodSeconds: 10,
    containers: [
      {
        name: "steward",
        image: pod.image,
        args: ["run"],
        ports: portsOf(pod),
        env: variablesOf(pod),
        resources: resourceRequirements(resourcesOf(pod)),
        securityContext: hardenedContainer,
        startupProbe: { ...ask("/health"), ...probeTiming(30, { failures: 29, timeoutSeconds: 1 }) },
        livenessProbe: { ...ask("/health"), ...probeTiming(20, { failures: 3, timeoutSeconds: 2 }) },
        readinessProbe: { ...ask("/ready"), ...probeTiming(5, { failures: 2, timeoutSeconds: 1 }) },
        volumeMounts: [
          { name: "trust", mountPath: secretDirectories.trust, readOnly: true },
          { name: "accounts", mountPath: secretDirectories.accounts, readOnly: true },
          { name: "token", mountPath: tokenDirectory, readOnly: true },
        ],
      },
    ],
    volumes: [trustOf(pod.trust), accountVolume(pod.accounts), tokenVolume],
  };
}
