import type { KubernetesObject } from "./await";
import { patchTypes, referenceOf } from "./client";
import { ApiError } from "./errors";
import { parsePath } from "./field-path";
import { hasClientSideOwner, isOwnedByOthers, managedFieldsOf, takeOverPatch } from "./managed-fields";
import { isPatchResource } from "./kinds";
import { annotation, isCrd } from "./objects";
import type { Operation } from "./operation";
import type { Properties } from "./values";
import { equal, isRecord, removeAt, setAt, valueAt } from "./values";

/** One write over an object that exists. */
export interface Write {
  readonly object: KubernetesObject;
  readonly fieldManager: string;
  readonly dryRun: boolean;
}

/** An update of an object that exists. */
export interface Overwrite extends Write {
  /** The object as the cluster has it now. */
  readonly live: KubernetesObject;
  /** That part of the last known object which the old inputs mention. */
  readonly olds: Properties;
  readonly ignoreChanges: readonly string[];
}

/** Brings a live object in line with the inputs. */
export async function overwrite(operation: Operation, write: Overwrite): Promise<KubernetesObject> {
  const { client } = operation;
  const { object, live, fieldManager, dryRun } = write;
  if (isCrd(object)) {
    // As a whole: parts of a CRD's schema have no field manager that could be asked for them.
    const { resourceVersion } = live.metadata;
    const metadata =
      resourceVersion === undefined ? object.metadata : { ...object.metadata, resourceVersion };
    return client.replace({ ...object, metadata }, { fieldManager, dryRun });
  }
  if (!operation.serverSideApply) {
    const patch = mergePatch(write.olds, object, live);
    return client.patch(referenceOf(live), patchTypes.merge, patch, { fieldManager, dryRun });
  }
  const current = dryRun ? live : await takeOver(operation, live, fieldManager);
  respectIgnored(object, current, write.ignoreChanges, fieldManager);
  return applyObject(operation, write, force(operation, object, current, dryRun));
}

/** Applies an object, whether it exists or not. */
export async function applyObject(
  operation: Operation,
  write: Write,
  forced: boolean,
): Promise<KubernetesObject> {
  const { object, fieldManager, dryRun } = write;
  try {
    return await operation.client.patch(referenceOf(object), patchTypes.apply, object, {
      fieldManager,
      dryRun,
      force: forced,
    });
  } catch (error) {
    throw error instanceof ApiError && error.code === 409 ? conflict(error, fieldManager) : error;
  }
}

/** Gives up a field manager's fields without touching their values. */
export async function relinquish(
  operation: Operation,
  object: KubernetesObject,
  fieldManager: string,
): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  const identity = {
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  };
  const patch = { apiVersion, kind, metadata: identity };
  await operation.client.patch(referenceOf(object), patchTypes.apply, patch, { fieldManager });
}

/** Whether to take fields over that others own: on request, and in previews where the real run takes them over first. */
export function force(
  operation: Operation,
  object: KubernetesObject,
  live: KubernetesObject | undefined,
  dryRun: boolean,
): boolean {
  return (
    operation.patchForce ||
    annotation(object, "pulumi.com/patchForce") === "true" ||
    (dryRun && (live === undefined || hasClientSideOwner(live))) ||
    (live !== undefined && managedFieldsOf(live).length === 0)
  );
}

async function takeOver(
  operation: Operation,
  live: KubernetesObject,
  fieldManager: string,
): Promise<KubernetesObject> {
  const patch = isPatchResource(operation.urn, live.kind) ? undefined : takeOverPatch(live, fieldManager);
  return patch === undefined ? live : operation.client.patch(referenceOf(live), patchTypes.json, patch, {});
}

/**
 * Fields that the program ignores keep their live value; where only others own one, it is left out, so that this
 * provider does not become an owner.
 */
function respectIgnored(
  object: KubernetesObject,
  live: KubernetesObject,
  ignoreChanges: readonly string[],
  fieldManager: string,
): void {
  for (const ignored of ignoreChanges) {
    const path = parsePath(ignored).map(String);
    const value = valueAt(live, ...path);
    if (isOwnedByOthers(live, path, fieldManager)) {
      removeAt(object, ...path);
    } else if (value !== undefined) {
      setAt(object, path, value);
    }
  }
}

function conflict(error: ApiError, fieldManager: string): Error {
  return new Error(
    `server-side apply field conflict: another manager owns fields that this resource sets (as ${JSON.stringify(fieldManager)}). ` +
      `${error.message}. Leave the fields out of the program, or take them over with the annotation pulumi.com/patchForce: "true"`,
    { cause: error },
  );
}

/** The merge patch that adds and changes what the inputs say, and removes what they no longer say. */
function mergePatch(olds: Properties, news: Properties, live: Properties): Properties {
  const patch: Properties = {};
  for (const [key, wanted] of Object.entries(news)) {
    const [old, current] = [olds[key], live[key]];
    if (isRecord(wanted) && isRecord(current)) {
      const inner = mergePatch(isRecord(old) ? old : {}, wanted, current);
      if (Object.keys(inner).length > 0) {
        patch[key] = inner;
      }
    } else if (!equal(wanted, current)) {
      patch[key] = wanted;
    }
  }
  for (const key of Object.keys(olds)) {
    if (!Object.hasOwn(news, key)) {
      patch[key] = null;
    }
  }
  return patch;
}
