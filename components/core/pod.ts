import type { types } from "@pulumi/kubernetes";

type PodSpec = types.input.core.v1.PodSpec;
type BudgetSpec = types.input.policy.v1.PodDisruptionBudgetSpec;
type SecurityContext = types.input.core.v1.SecurityContext;
type SpreadConstraint = types.input.core.v1.TopologySpreadConstraint;
type ResourceRequirements = types.input.core.v1.ResourceRequirements;

/** The user and group every container runs as: `nonroot` by the convention of distroless images. */
const nonRootId = 65532;

/** What a container is promised, and where it is stopped. */
export interface Resources {
  /** Promised CPU, which autoscaling percentages refer to; one core is 1000. There is no limit: idle CPU may be used. */
  readonly cpuMillicores: number;
  /** Promised and largest memory: a pod that is promised less than it uses is the first to be killed. */
  readonly memoryMebibytes: number;
}

/** Requests and limits in Kubernetes' words. */
export function resourceRequirements({ cpuMillicores, memoryMebibytes }: Resources): ResourceRequirements {
  const memory = `${memoryMebibytes}Mi`;
  return { requests: { cpu: `${cpuMillicores}m`, memory }, limits: { memory } };
}

/** The part of a pod's spec that keeps it off the node and off the API; meets the `restricted` pod security standard. */
export const hardenedPod = {
  automountServiceAccountToken: false,
  // One environment variable per Service of the namespace, which nothing here reads.
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: nonRootId,
    runAsGroup: nonRootId,
    seccompProfile: { type: "RuntimeDefault" },
  },
} as const satisfies Omit<PodSpec, "containers">;

/** The same for each container. */
export const hardenedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
} satisfies SecurityContext;

/**
 * Over zones, then over nodes, evenly within each revision. As preferences: a cluster of one node must still run
 * everything, and a pod in a crowded zone is better than a pod nowhere.
 */
export function spread(matchLabels: Readonly<Record<string, string>>): SpreadConstraint[] {
  return ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels },
    matchLabelKeys: ["pod-template-hash"],
  }));
}

/** No pod leaves before its successor is ready. */
export const rollWithoutLoss = {
  type: "RollingUpdate",
  rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" },
} as const;

/** How many pods may be taken away on purpose, such as by a node that is drained. */
export function oneAtATime(matchLabels: Readonly<Record<string, string>>): BudgetSpec {
  return {
    // At any size the autoscaler chooses; a share of few pods rounds to none or to all.
    maxUnavailable: 1,
    // A pod that is not ready serves nobody: it must not keep a node from being drained.
    unhealthyPodEvictionPolicy: "AlwaysAllow",
    selector: { matchLabels },
  };
}

/** How long `up` waits for an object before it fails with what the pods say. */
export function rolloutTimeouts(seconds: number): { create: string; update: string } {
  return { create: `${seconds}s`, update: `${seconds}s` };
}
