import { TEN_MINUTES } from "./decision";
import { conditionsOf, numberAt } from "./fields";
import type { AwaitedKind, Decision } from "./decision";
import type { KubernetesObject } from "./types";

/** What the usual conditions say of an object of any kind; an object without any is ready. */
export const genericKind: AwaitedKind = {
  timeoutSeconds: TEN_MINUTES,
  checkedOnRead: false,
  decide: ({ object }) => generalDecision(object),
};

function generalDecision(object: KubernetesObject): Decision {
  const observed = numberAt(object, "status", "observedGeneration");
  const { generation } = object.metadata;
  if (observed !== undefined && generation !== undefined && observed !== generation) {
    return waiting(
      `${object.kind} generation is ${generation}, but latest observed generation is ${observed}`,
    );
  }
  const conditions = conditionsOf(object);
  const reconciling = conditions.find(({ type, status }) => type === "Reconciling" && status === "True");
  if (reconciling !== undefined) return waiting(reconciling.message);
  const stalled = conditions.find(({ type, status }) => type === "Stalled" && status === "True");
  if (stalled !== undefined) return waiting(stalled.message);
  const ready = conditions.find(({ type }) => type === "Ready");
  if (ready === undefined) return { ready: true, status: "Resource is current" };
  return ready.status === "True" ? { ready: true, status: "Resource is Ready" } : waiting(ready.message);
}

function waiting(message: string | undefined): Decision {
  const text = message ?? "Waiting for readiness";
  return { ready: false, status: text, failures: [text] };
}
