import { isObserved, isOwnedBy, numberAt } from "../fields";
import { podProblems, podsOf } from "../pods";
import { TEN_MINUTES } from "../decision";
import type { AwaitedKind, Decision, Snapshot } from "../decision";
import type { KubernetesObject } from "../types";

/** A DaemonSet is ready when every node that should run its present pod runs a ready one. */
export const daemonSet: AwaitedKind = {
  timeoutSeconds: TEN_MINUTES,
  checkedOnRead: true,
  related: (object) => [podsOf(object)],
  decide: decideDaemonSet,
};

/** In the order in which a rollout fills them. */
const counters = [
  ["Current", "currentNumberScheduled"],
  ["Updated", "updatedNumberScheduled"],
  ["Available", "numberAvailable"],
  ["Ready", "numberReady"],
] as const;

function decideDaemonSet(snapshot: Snapshot): Decision {
  const { object } = snapshot;
  const missing = missingStep(object);
  if (missing === undefined) {
    const replicas = numberAt(object, "status", "desiredNumberScheduled") ?? 0;
    return { ready: true, status: `All replicas scheduled as expected. Replicas: ${replicas}` };
  }
  const pods = snapshot.related("pods").filter((pod) => isOwnedBy(pod, object));
  return { ready: false, status: missing, failures: [missing], details: podProblems(pods) };
}

function missingStep(object: KubernetesObject): string | undefined {
  const observed = numberAt(object, "status", "observedGeneration");
  if (observed === undefined) return "DaemonSet status.observedGeneration not found";
  if (!isObserved(object)) {
    const generation = object.metadata.generation ?? 0;
    return `DaemonSet generation is ${generation}, but latest observed generation is ${observed}`;
  }
  const desired = numberAt(object, "status", "desiredNumberScheduled");
  if (desired === undefined) return "Missing .status.desiredNumberScheduled";
  const short = counters.find(([, field]) => (numberAt(object, "status", field) ?? 0) < desired);
  if (short === undefined) return undefined;
  return `${short[0]}: ${numberAt(object, "status", short[1]) ?? 0}/${desired}`;
}
