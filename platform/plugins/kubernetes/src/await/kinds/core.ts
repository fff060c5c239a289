import { isDeepStrictEqual } from "node:util";

import { numberAt, textAt } from "../fields";
import { TEN_MINUTES } from "../decision";
import type { AwaitedKind } from "../decision";
import { valueAt } from "../../values";

/** A ReplicationController is ready when as many pods are available as it asks for. */
export const replicationController: AwaitedKind = {
  timeoutSeconds: TEN_MINUTES,
  checkedOnRead: false,
  decide: ({ object }) => {
    const desired = numberAt(object, "spec", "replicas") ?? 1;
    const available = numberAt(object, "status", "availableReplicas") ?? 0;
    if (available === desired) return { ready: true };
    const message = `Waiting for ReplicationController to be available (${available}/${desired} Pods available)`;
    return {
      ready: false,
      status: message,
      failures: [`${available} out of ${desired} replicas are available`],
    };
  },
};

/** A ResourceQuota is ready when its controller has taken over the limits. */
export const resourceQuota: AwaitedKind = {
  timeoutSeconds: 60,
  checkedOnRead: false,
  decide: ({ object }) =>
    isDeepStrictEqual(valueAt(object, "spec", "hard"), valueAt(object, "status", "hard"))
      ? { ready: true }
      : { ready: false, failures: ["ResourceQuota status.hard is not yet equal to spec.hard"] },
};

/** A Secret that asks for a service account's token is ready when it has been filled; others at once. */
export const secret: AwaitedKind = {
  timeoutSeconds: 5,
  checkedOnRead: false,
  decide: ({ object }) => {
    const asksForToken = textAt(object, "type") === "kubernetes.io/service-account-token";
    if (!asksForToken || Object.keys(valueAt(object, "data") ?? {}).length > 0) return { ready: true };
    return { ready: false, failures: ["the token controller has not filled Secret data yet"] };
  },
};

/** A Namespace is ready when objects can be created in it. */
export const namespace: AwaitedKind = {
  timeoutSeconds: TEN_MINUTES,
  checkedOnRead: false,
  decide: ({ object }) => {
    const phase = textAt(object, "status", "phase");
    if (phase === "Active") return { ready: true };
    const message = `Namespace is ${phase ?? "without phase"}, not Active`;
    return { ready: false, status: message, failures: [message] };
  },
};
