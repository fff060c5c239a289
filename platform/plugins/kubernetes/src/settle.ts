import type { AwaitOperation, KubernetesObject } from "./await";
import { AwaitError, awaitReady } from "./await";
import { PartialFailure } from "./errors";
import { idOf } from "./objects";
import type { Operation } from "./operation";
import { awaitReasons, awaitRequest, skipsAwait } from "./operation";
import type { Provenance } from "./state";
import { toState } from "./state";
import type { Properties } from "./values";

/** A change that the cluster has accepted. */
export interface Accepted {
  readonly operation: AwaitOperation;
  readonly inputs: Properties;
  /** The object as the API server answered it. */
  readonly applied: KubernetesObject;
  readonly provenance: Provenance;
  /** Puts the reason why it did not become ready into a sentence. */
  readonly describe: (reason: string) => string;
}

/** Waits until the object is ready. What fails from here on leaves an object behind, which the state must know. */
export async function settle(operation: Operation, accepted: Accepted): Promise<KubernetesObject> {
  const { inputs, applied, provenance } = accepted;
  if (skipsAwait(inputs)) {
    return applied;
  }
  try {
    const live = await awaitReady({
      ...awaitRequest(operation, inputs, applied),
      operation: accepted.operation,
    });
    operation.log.status("");
    return live;
  } catch (error) {
    const live = error instanceof AwaitError ? error.object : applied;
    const [reason, ...more] = awaitReasons(error);
    const message = accepted.describe(reason);
    throw new PartialFailure(message, idOf(live), toState(inputs, live, provenance), [message, ...more]);
  }
}
