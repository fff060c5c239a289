import { conditionsOf } from "./fields";
import type { Decision } from "./decision";
import type { KubernetesObject } from "./types";

/** Conditions by which a Namespace says what still keeps it. */
const remainders = new Set(["NamespaceContentRemaining", "NamespaceFinalizersRemaining"]);

/** Conditions that every Namespace passes through, and that explain one which gets stuck. */
const troubles = new Set([
  "NamespaceDeletionDiscoveryFailure",
  "NamespaceDeletionGroupVersionParsingFailure",
  "NamespaceDeletionContentFailure",
]);

/** What an object that should be gone, and isn't, says about it. */
export function deletionDecision(object: KubernetesObject): Decision {
  if (object.metadata.deletionTimestamp === undefined) {
    return { ready: false, failures: ["the API server has not scheduled it for deletion"] };
  }
  const remaining = textsOf(object, remainders);
  const finalizers = finalizersOf(object).join(", ");
  return {
    ready: false,
    status: ["Resource scheduled for deletion", ...remaining].join("; "),
    failures: [
      ...remaining,
      ...textsOf(object, troubles),
      ...(finalizers === "" ? [] : [`finalizers might be preventing deletion (${finalizers})`]),
    ],
  };
}

function textsOf(object: KubernetesObject, types: ReadonlySet<string>): string[] {
  return conditionsOf(object)
    .filter(({ type, status }) => types.has(type) && status === "True")
    .map(({ message }) => message ?? "");
}

/** A Namespace keeps its own finalizers in the spec. */
function finalizersOf(object: KubernetesObject): string[] {
  const own = (object["spec"] as { finalizers?: string[] } | undefined)?.finalizers ?? [];
  return [...(object.metadata.finalizers ?? []), ...(object.kind === "Namespace" ? own : [])];
}
