import { isObserved, isOwnedBy, numberAt, textAt } from "../fields";
import { podProblems, podsOf } from "../pods";
import { TEN_MINUTES } from "../decision";
import type { AwaitedKind, Decision, Snapshot } from "../decision";
import type { KubernetesObject } from "../types";

/** A StatefulSet is ready when every pod is ready and the revision its strategy asks for is rolled out. */
export const statefulSet: AwaitedKind = {
  timeoutSeconds: TEN_MINUTES,
  checkedOnRead: true,
  related: (object) => [podsOf(object)],
  decide: decideStatefulSet,
};

interface Rollout {
  readonly replicasReady: boolean;
  readonly revisionReady: boolean;
  readonly readyPods: number;
  readonly replicas: number;
}

function decideStatefulSet(snapshot: Snapshot): Decision {
  const { object } = snapshot;
  const rollout = rolloutOf(object);
  if (rollout.replicasReady && rollout.revisionReady) {
    return { ready: true, status: "StatefulSet initialization complete" };
  }
  const pods = snapshot.related("pods").filter((pod) => isOwnedBy(pod, object));
  return {
    ready: false,
    status: statusOf(object, rollout),
    failures: failuresOf(object, rollout),
    details: podProblems(pods),
  };
}

function rolloutOf(object: KubernetesObject): Rollout {
  const replicas = numberAt(object, "spec", "replicas") ?? 1;
  if (!isObserved(object)) return { replicasReady: false, revisionReady: false, readyPods: 0, replicas };
  const ready = count(object, "readyReplicas");
  const allReady = count(object, "replicas") === replicas && ready === replicas;
  const updated = count(object, "updatedReplicas");
  const revisionReady = isRevisionReady(object, replicas, updated);
  return {
    replicas,
    revisionReady,
    replicasReady: allReady && (!rollsOutEverything(object) || count(object, "currentReplicas") === replicas),
    // During a roll-out, ready pods of the old revision don't count.
    readyPods: revisionReady ? ready : Math.min(ready, updated),
  };
}

function isRevisionReady(object: KubernetesObject, replicas: number, updated: number): boolean {
  if (isManual(object)) return true;
  const target = textAt(object, "status", "updateRevision");
  if (target !== undefined && target === textAt(object, "status", "currentRevision")) return true;
  const keptOld = partition(object);
  return keptOld > 0 && updated >= replicas - keptOld;
}

/** With OnDelete somebody else decides when a changed pod is replaced. */
function isManual(object: KubernetesObject): boolean {
  return (
    textAt(object, "spec", "updateStrategy", "type") === "OnDelete" && (object.metadata.generation ?? 0) > 1
  );
}

function rollsOutEverything(object: KubernetesObject): boolean {
  return !isManual(object) && partition(object) === 0;
}

function partition(object: KubernetesObject): number {
  return numberAt(object, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
}

function count(object: KubernetesObject, field: string): number {
  return numberAt(object, "status", field) ?? 0;
}

function statusOf(object: KubernetesObject, rollout: Rollout): string {
  const pods = `(${rollout.readyPods}/${rollout.replicas} Pods ready)`;
  if ((object.metadata.generation ?? 0) <= 1) return `[1/2] Waiting for StatefulSet to create Pods ${pods}`;
  if (!rollout.replicasReady) return `[1/3] Waiting for StatefulSet update to roll out ${pods}`;
  return "[2/3] Waiting for StatefulSet to update .status.currentRevision";
}

function failuresOf(object: KubernetesObject, rollout: Rollout): string[] {
  const failures: string[] = [];
  if (!rollout.replicasReady) {
    failures.push(`${rollout.readyPods} out of ${rollout.replicas} replicas succeeded readiness checks`);
  }
  if (!rollout.revisionReady) {
    const from = textAt(object, "status", "currentRevision") ?? "";
    const to = textAt(object, "status", "updateRevision") ?? "";
    failures.push(`StatefulSet controller failed to advance from revision "${from}" to revision "${to}"`);
  }
  return failures;
}
