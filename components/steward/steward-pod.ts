import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import {
  accountVolume,
  hardenedContainer,
  hardenedPodWithVolumes,
  hostAliases,
  type NamedHost,
  probeTiming,
  resourceRequirements,
  secretDirectories,
  trustVolume,
} from "../core";

type PodSpec = types.input.core.v1.PodSpec;
type Volume = types.input.core.v1.Volume;

/** The port it answers on. */
export const stewardPort = 8080;

/** Where every client of Kubernetes looks for its account. */
const tokenDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";
const tokenSeconds = 3600;

/** What a steward's pod is made of. */
export interface StewardPod {
  readonly image: Input<string>;
  readonly environment: Readonly<Record<string, string>>;
  /** Whom it talks to by names that no DNS server has. */
  readonly hosts: readonly NamedHost[];
  readonly serviceAccountName: Input<string>;
  /** Secret with `ca.crt`, `tls.crt` and `tls.key`. */
  readonly trustSecretName: Input<string>;
  /** Secrets with `username` and `password`, by account. */
  readonly accounts: Readonly<Record<string, Input<string>>>;
}

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

/** The steward's pod. It leaves at once: its lease is given back, or runs out. */
export function stewardPodSpec(pod: StewardPod): PodSpec {
  const environment = {
    ...pod.environment,
    ACCOUNTS_DIRECTORY: secretDirectories.accounts,
    LISTEN_ADDRESS: `:${stewardPort}`,
    TRUST_DIRECTORY: secretDirectories.trust,
  };
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
        ports: [{ name: "http", containerPort: stewardPort }],
        env: Object.entries(environment)
          .map(([name, value]) => ({ name, value }))
          .sort((one, other) => (one.name < other.name ? -1 : 1)),
        resources: resourceRequirements({ cpuMillicores: 50, memoryMebibytes: 64 }),
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
    volumes: [trustVolume(pod.trustSecretName), accountVolume(pod.accounts), tokenVolume],
  };
}
