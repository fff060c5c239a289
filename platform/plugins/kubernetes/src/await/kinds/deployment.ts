import {
  conditionOf,
  conditionText,
  isObserved,
  isOwnedBy,
  listAt,
  namespaceOf,
  numberAt,
  selectorText,
  textAt,
} from "../fields";
import { podProblems, podsOf } from "../pods";
import { TEN_MINUTES } from "../decision";
import type { AwaitedKind, Decision, Related, Snapshot } from "../decision";
import type { KubernetesObject } from "../types";
import { valueAt } from "../../values";

const revisionAnnotation = "deployment.kubernetes.io/revision";
const firstRevision = "1";

/** A Deployment is ready when the ReplicaSet of its present revision is rolled out and all of its pods are ready. */
export const deployment: AwaitedKind = {
  timeoutSeconds: TEN_MINUTES,
  checkedOnRead: true,
  related: (object) => [replicaSetsOf(object), podsOf(object), ...claimsOf(object)],
  decide: decideDeployment,
};

interface Rollout {
  readonly available: boolean;
  readonly progressed: boolean;
  readonly desired: number;
  readonly replicaSetReady: boolean;
  readonly readyPods: number;
  readonly revision: string | undefined;
  readonly pendingClaims: readonly KubernetesObject[];
}

function decideDeployment(snapshot: Snapshot): Decision {
  const { object } = snapshot;
  if (!isObserved(object)) {
    return { ready: false, failures: ["Minimum number of live Pods was not attained"] };
  }
  const replicaSet = presentReplicaSet(object, snapshot.related("replicaSets"));
  const rollout = rolloutOf(object, replicaSet, snapshot.related("claims"));
  if (isComplete(rollout)) return completed(object, rollout);

  const troubles = conditionTroubles(object);
  const pods = snapshot
    .related("pods")
    .filter((pod) => replicaSet !== undefined && isOwnedBy(pod, replicaSet));
  return {
    ready: false,
    ...(rollout.replicaSetReady
      ? {}
      : {
          status: `Waiting for app ReplicaSet to be available (${rollout.readyPods}/${rollout.desired} Pods available)`,
        }),
    warnings: [...troubles, ...rollout.pendingClaims.map(claimTrouble)],
    failures: [...troubles, ...rolloutFailures(rollout)],
    details: podProblems(pods),
  };
}

function rolloutOf(
  object: KubernetesObject,
  replicaSet: KubernetesObject | undefined,
  claims: readonly KubernetesObject[],
): Rollout {
  const progressing = conditionOf(object, "Progressing");
  // The live count, not the declared one: an autoscaler or `kubectl scale` may own it.
  const desired = numberAt(object, "spec", "replicas") ?? 1;
  const readyPods = numberAt(replicaSet, "status", "readyReplicas") ?? 0;
  const scaled = numberAt(replicaSet, "spec", "replicas") ?? 1;
  return {
    available: conditionOf(object, "Available")?.status === "True",
    progressed: progressing?.status === "True" && progressing.reason === "NewReplicaSetAvailable",
    desired,
    readyPods,
    replicaSetReady: replicaSet !== undefined && scaled >= desired && readyPods >= desired,
    revision: object.metadata.annotations?.[revisionAnnotation],
    pendingClaims: claims.filter((claim) => textAt(claim, "status", "phase") !== "Bound"),
  };
}

/** The first revision is created, not rolled out: nothing has to make way for it. */
function isComplete(rollout: Rollout): boolean {
  const rolledOut = rollout.progressed || rollout.revision === firstRevision;
  return rollout.available && rolledOut && rollout.replicaSetReady && rollout.pendingClaims.length === 0;
}

function completed(object: KubernetesObject, rollout: Rollout): Decision {
  const warnings =
    rollout.desired === 0 ? [`Replicas scaled to 0 for Deployment "${object.metadata.name}"`] : [];
  return { ready: true, status: "Deployment initialization complete", warnings };
}

function presentReplicaSet(
  object: KubernetesObject,
  replicaSets: readonly KubernetesObject[],
): KubernetesObject | undefined {
  const revision = object.metadata.annotations?.[revisionAnnotation];
  if (revision === undefined) return undefined;
  return replicaSets.find(
    (candidate) =>
      isOwnedBy(candidate, object) && candidate.metadata.annotations?.[revisionAnnotation] === revision,
  );
}

function conditionTroubles(object: KubernetesObject): string[] {
  const good = { Available: "True", Progressing: "True", ReplicaFailure: "False" };
  return Object.entries(good).flatMap(([type, status]) => {
    const condition = conditionOf(object, type);
    if (condition === undefined || condition.status === status) return [];
    return conditionText(condition) ?? [];
  });
}

function rolloutFailures(rollout: Rollout): string[] {
  const claims = rollout.pendingClaims.map((claim) => claim.metadata.name).join(",");
  const failures = claims === "" ? [] : [`Failed to bind PersistentVolumeClaim(s): "${claims}"`];
  if (!rollout.available) return [...failures, "Minimum number of live Pods was not attained"];
  const live = "Minimum number of Pods to consider the application live was not attained";
  if (rollout.revision === firstRevision) return rollout.replicaSetReady ? failures : [...failures, live];
  if (!rollout.progressed) return [...failures, live];
  if (rollout.replicaSetReady) return failures;
  return [
    ...failures,
    "Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live",
  ];
}

function replicaSetsOf(object: KubernetesObject): Related {
  const labelSelector = selectorText(valueAt(object, "spec", "selector"));
  const ref = { apiVersion: "apps/v1", kind: "ReplicaSet", ...namespaceOf(object), labelSelector };
  return { name: "replicaSets", refs: [ref], keep: (candidate) => isOwnedBy(candidate, object) };
}

function claimsOf(object: KubernetesObject): Related[] {
  const names = new Set(
    listAt(object, "spec", "template", "spec", "volumes").flatMap(
      (volume) => textAt(volume, "persistentVolumeClaim", "claimName") ?? [],
    ),
  );
  if (names.size === 0) return [];
  const ref = { apiVersion: "v1", kind: "PersistentVolumeClaim", ...namespaceOf(object) };
  return [{ name: "claims", refs: [ref], keep: (claim) => names.has(claim.metadata.name) }];
}

function claimTrouble(claim: KubernetesObject): string {
  const phase = textAt(claim, "status", "phase") ?? "unknown";
  return `PersistentVolumeClaim: [${claim.metadata.name}] is not ready. status.phase currently at: ${phase}`;
}
