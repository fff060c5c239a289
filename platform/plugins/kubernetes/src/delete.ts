import { AwaitError, awaitDeleted } from "./await";
import { relinquish } from "./apply";
import { NoMatchError, PartialFailure, isApiError } from "./errors";
import { isPatchResource } from "./kinds";
import { annotation, asKubernetesObject, idOf, namespaceOf, parseId } from "./objects";
import type { Operation } from "./operation";
import { awaitReasons, awaitRequest, skipsAwait } from "./operation";
import { fieldManagerOf, fromState, initialApiVersion, toState } from "./state";
import type { Properties } from "./values";

/** Kinds whose deletion the skipAwait annotation does not wait for; the others may hold what replaces them. */
const skippable = new Set([
  "v1/Namespace",
  "v1/Pod",
  "v1/ReplicationController",
  "apps/v1/DaemonSet",
  "apps/v1/Deployment",
  "apps/v1/StatefulSet",
  "batch/v1/Job",
]);

/** Deletes an object and waits until it is gone. One that is gone already is a success. */
export async function deleteResource(operation: Operation, id: string, state: Properties): Promise<void> {
  const { inputs, live } = fromState(state);
  const object = asKubernetesObject(live);
  if (operation.serverSideApply && isPatchResource(operation.urn, object.kind)) {
    await relinquish(operation, object, fieldManagerOf(state, inputs, true));
    return;
  }
  const { apiVersion, kind } = object;
  const reference = { apiVersion, kind, name: parseId(id).name, namespace: namespaceOf(object) || "default" };
  let going;
  try {
    going = await operation.client.delete(reference, propagation(inputs));
  } catch (error) {
    if (isApiError(error, 404) || error instanceof NoMatchError) {
      return;
    }
    throw error;
  }
  if (going === undefined || (skipsAwait(inputs) && skippable.has(`${apiVersion}/${kind}`))) {
    return;
  }
  try {
    await awaitDeleted(awaitRequest(operation, inputs, going));
    operation.log.status("");
  } catch (error) {
    const left = error instanceof AwaitError ? error.object : going;
    const provenance = {
      initialApiVersion: initialApiVersion(state, inputs),
      fieldManager: fieldManagerOf(state, inputs, operation.serverSideApply),
      secretsFrom: state,
    };
    const reasons = awaitReasons(error);
    throw new PartialFailure(reasons[0], idOf(left), toState(inputs, left, provenance), reasons);
  }
}

function propagation(inputs: Properties): string {
  switch (annotation(inputs, "pulumi.com/deletionPropagationPolicy").toLowerCase()) {
    case "orphan":
      return "Orphan";
    case "background":
      return "Background";
    default:
      return "Foreground";
  }
}
