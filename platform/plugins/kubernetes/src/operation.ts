import type { AwaitRequest, KubernetesObject } from "./await";
import { AwaitError } from "./await";
import type { ClusterClient } from "./client";
import type { ResourceLog } from "./engine";
import { messageOf } from "./errors";
import { annotation } from "./objects";
import type { Properties } from "./values";

/** What every operation on an object needs. */
export interface Operation {
  readonly urn: string;
  readonly client: ClusterClient;
  readonly log: ResourceLog;
  readonly signal: AbortSignal;
  /** The timeout given as a resource option; 0 where none was. */
  readonly timeoutSeconds: number;
  readonly serverSideApply: boolean;
  readonly patchForce: boolean;
  readonly upsertExistingObjects: boolean;
}

/** Whether the object asks not to be waited for. */
export function skipsAwait(inputs: Properties): boolean {
  return annotation(inputs, "pulumi.com/skipAwait") === "true";
}

/** A request to the waiting code about one object. */
export function awaitRequest(
  operation: Operation,
  inputs: Properties,
  object: KubernetesObject,
): AwaitRequest {
  const { urn, client, log, signal } = operation;
  return {
    urn,
    object,
    reader: client,
    timeoutSeconds: timeoutOf(operation.timeoutSeconds, inputs),
    signal,
    progress: (message) => {
      log.status(message);
    },
    warn: (message) => {
      log.statusWarning(message);
    },
  };
}

/** What went wrong while waiting, the headline first. */
export function awaitReasons(error: unknown): readonly [string, ...string[]] {
  return error instanceof AwaitError ? error.reasons : [messageOf(error)];
}

/** The resource option wins over the annotation. */
function timeoutOf(option: number, inputs: Properties): number | undefined {
  const seconds = option || Number(annotation(inputs, "pulumi.com/timeoutSeconds"));
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}
