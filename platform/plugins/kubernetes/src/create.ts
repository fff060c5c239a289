import { setTimeout as sleep } from "node:timers/promises";

import type { KubernetesObject } from "./await";
import { applyObject, force } from "./apply";
import { referenceOf } from "./client";
import { ApiError, ConnectionError, NoMatchError, PartialFailure, isApiError, messageOf } from "./errors";
import { managedFieldsOf } from "./managed-fields";
import { isPatchResource } from "./kinds";
import { asKubernetesObject, idOf, toObject } from "./objects";
import type { Operation } from "./operation";
import { settle } from "./settle";
import { fieldManagerOf, toState } from "./state";
import type { Properties } from "./values";

/** A resource's id and state. */
export interface Created {
  readonly id: string;
  readonly state: Properties;
}

/** Field manager of the write that creates an object; the first update takes its fields over. */
const createManager = "pulumi-kubernetes";
/** A missing kind or namespace may be about to appear: waits between tries, 25 s in all. */
const retryMilliseconds = [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800];
const lostAnswerMilliseconds = 5_000;

/** Creates an object and waits until it is ready. */
export async function createResource(operation: Operation, properties: Properties): Promise<Created> {
  const object = asKubernetesObject(toObject(properties));
  const fieldManager = fieldManagerOf({}, object, operation.serverSideApply);
  const provenance = { initialApiVersion: object.apiVersion, fieldManager, secretsFrom: properties };
  let created: KubernetesObject;
  try {
    created = await createWithRetries(operation, object, fieldManager);
  } catch (error) {
    if (error instanceof ConnectionError && error.sent) {
      throw perhapsCreated(operation, object, toState(object, object, provenance), error);
    }
    throw creationFailure(operation, error);
  }
  operation.log.status("");
  const live = await settle(operation, {
    operation: "create",
    inputs: object,
    applied: created,
    provenance,
    describe: (reason) =>
      `resource ${JSON.stringify(operation.urn)} was successfully created, but the Kubernetes API server reported that ` +
      `it failed to fully initialize or become live: ${reason}`,
  });
  return { id: idOf(live), state: toState(object, live, provenance) };
}

/** What creating the object would give, worked out by the API server; undefined where it can't say. */
export async function previewCreate(
  operation: Operation,
  properties: Properties,
): Promise<Properties | undefined> {
  const object = asKubernetesObject(toObject(properties));
  const fieldManager = fieldManagerOf({}, object, operation.serverSideApply);
  try {
    const created = await create(operation, object, fieldManager, true);
    // A status that is still empty would look like a known one to the program.
    delete created["status"];
    return toState(object, created, {
      initialApiVersion: object.apiVersion,
      fieldManager,
      secretsFrom: properties,
    });
  } catch (error) {
    if (isNoPreview(error)) {
      return undefined;
    }
    throw creationFailure(operation, error);
  }
}

function isNoPreview(error: unknown): boolean {
  if (error instanceof ApiError) {
    return (
      error.code === 403 ||
      error.namespaceMissing ||
      error.reason === "AlreadyExists" ||
      (error.code === 400 && error.message.includes("does not support dry run"))
    );
  }
  return error instanceof NoMatchError || error instanceof ConnectionError;
}

function create(
  operation: Operation,
  object: KubernetesObject,
  fieldManager: string,
  dryRun: boolean,
): Promise<KubernetesObject> {
  const upsert = operation.upsertExistingObjects || isPatchResource(operation.urn, object.kind);
  return upsert && operation.serverSideApply
    ? applyObject(operation, { object, fieldManager, dryRun }, force(operation, object, undefined, dryRun))
    : operation.client.create(object, { fieldManager: createManager, dryRun });
}

async function createWithRetries(
  operation: Operation,
  object: KubernetesObject,
  fieldManager: string,
): Promise<KubernetesObject> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await create(operation, object, fieldManager, false);
    } catch (error) {
      const wait = retryMilliseconds[attempt];
      if (error instanceof ConnectionError && error.sent) {
        return findLost(operation, object, error);
      }
      if (wait === undefined || !(isApiError(error, 404) || error instanceof NoMatchError)) {
        throw error;
      }
      operation.log.status(`Retry #${attempt}; creation failed: ${messageOf(error)}`);
      await sleep(wait, undefined, { signal: operation.signal });
    }
  }
}

/**
 * The connection broke before the answer came. Whether the object was created can only be seen in the cluster, once
 * that answers again.
 */
async function findLost(
  operation: Operation,
  object: KubernetesObject,
  lost: ConnectionError,
): Promise<KubernetesObject> {
  const deadline = Date.now() + lostAnswerMilliseconds;
  while (Date.now() < deadline) {
    await sleep(500, undefined, { signal: operation.signal });
    try {
      const found = await operation.client.get(referenceOf(object));
      if (found !== undefined && managedFieldsOf(found).some((entry) => entry["manager"] === createManager)) {
        return found;
      }
      return await operation.client.create(object, { fieldManager: createManager });
    } catch (error) {
      if (!(error instanceof ConnectionError)) {
        throw error;
      }
    }
  }
  throw lost;
}

/** Keeps the object in the state although nobody knows whether it exists; the next update finds out. */
function perhapsCreated(
  operation: Operation,
  object: KubernetesObject,
  state: Properties,
  lost: ConnectionError,
): PartialFailure {
  const message = `resource ${JSON.stringify(operation.urn)} may or may not have been created: ${lost.message}. Run the update again when the cluster answers`;
  return new PartialFailure(message, idOf(object), state, [message]);
}

function creationFailure(operation: Operation, error: unknown): Error {
  const prefix = `resource ${JSON.stringify(operation.urn)} was not successfully created by the Kubernetes API server: ${messageOf(error)}`;
  if (error instanceof NoMatchError) {
    return new Error(
      `${prefix}. Check apiVersion and kind, and that the CustomResourceDefinition is installed`,
      { cause: error },
    );
  }
  if (error instanceof ApiError && error.reason === "AlreadyExists") {
    return new Error(
      `${prefix}. Import the object with pulumi import, or give the resource another name; ` +
        "a renamed resource keeps its object with the option aliases; " +
        "the provider's upsertExistingObjects takes existing objects over",
      { cause: error },
    );
  }
  return new Error(prefix, { cause: error });
}
