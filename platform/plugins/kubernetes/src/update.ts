import type { KubernetesObject } from "./await";
import { overwrite, relinquish } from "./apply";
import type { Created } from "./create";
import { createResource } from "./create";
import { ApiError, NoMatchError, messageOf } from "./errors";
import { normalizeInputs } from "./normalize";
import { asKubernetesObject, idOf, nameOf, namespaceOf, toObject } from "./objects";
import type { Operation } from "./operation";
import { prune } from "./prune";
import { settle } from "./settle";
import type { Checkpoint } from "./state";
import { fieldManagerOf, fromState, initialApiVersion, toState } from "./state";
import type { Properties } from "./values";
import { setAt, stringAt } from "./values";

/** What an update is made from. */
export interface UpdateInput {
  readonly olds: Properties;
  readonly news: Properties;
  readonly ignoreChanges: readonly string[];
}

const lastAppliedPath = ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"];

/** Updates an object and waits until it is ready. */
export async function updateResource(operation: Operation, input: UpdateInput): Promise<Created["state"]> {
  const checkpoint = fromState(input.olds);
  const live = await liveObject(operation, checkpoint);
  if (live === undefined && stringAt(checkpoint.live, "metadata", "uid") === "") {
    // The create before this update lost its answer, and the object is not there.
    return (await createResource(operation, input.news)).state;
  }
  const prepared = prepare(operation, input, checkpoint);
  const applied = await write(operation, prepared, live, false);
  const settled = await settle(operation, {
    operation: "update",
    inputs: prepared.object,
    applied,
    provenance: prepared.provenance,
    describe: (reason) =>
      `the Kubernetes API server reported that ${JSON.stringify(idOf(applied))} failed to fully initialize or become live: ${reason}`,
  });
  if (operation.serverSideApply && prepared.oldFieldManager !== prepared.provenance.fieldManager) {
    await relinquish(operation, settled, prepared.oldFieldManager);
  }
  return toState(prepared.object, settled, prepared.provenance);
}

/** What the update would give, worked out by the API server; undefined where it may not say. */
export async function previewUpdate(
  operation: Operation,
  input: UpdateInput,
): Promise<Properties | undefined> {
  const checkpoint = fromState(input.olds);
  const live = await liveObject(operation, checkpoint);
  if (live === undefined && stringAt(checkpoint.live, "metadata", "uid") === "") {
    return undefined;
  }
  const prepared = prepare(operation, input, checkpoint);
  try {
    return toState(prepared.object, await write(operation, prepared, live, true), prepared.provenance);
  } catch (error) {
    if (error instanceof Error && error.cause instanceof ApiError && error.cause.code === 403) {
      return undefined;
    }
    throw error;
  }
}

interface Prepared {
  readonly object: KubernetesObject;
  readonly olds: Properties;
  readonly oldFieldManager: string;
  readonly provenance: {
    readonly initialApiVersion: string;
    readonly fieldManager: string;
    readonly secretsFrom: Properties;
  };
  readonly ignoreChanges: readonly string[];
}

function prepare(operation: Operation, input: UpdateInput, checkpoint: Checkpoint): Prepared {
  const object = asKubernetesObject(normalizeInputs(toObject(input.news)));
  const oldInputs = checkpoint.inputs;
  // Older providers wrote this annotation behind the program's back; the next update takes it away.
  const lastApplied = stringAt(checkpoint.live, ...lastAppliedPath);
  if (lastApplied !== "") {
    setAt(oldInputs, lastAppliedPath, lastApplied);
  }
  const fieldManager = fieldManagerOf(input.olds, object, operation.serverSideApply);
  return {
    object,
    olds: prune(checkpoint.live, normalizeInputs(oldInputs)),
    oldFieldManager: fieldManagerOf(input.olds, oldInputs, operation.serverSideApply),
    provenance: {
      initialApiVersion: initialApiVersion(input.olds, oldInputs),
      fieldManager,
      secretsFrom: input.news,
    },
    ignoreChanges: input.ignoreChanges,
  };
}

async function write(
  operation: Operation,
  prepared: Prepared,
  live: KubernetesObject | undefined,
  dryRun: boolean,
): Promise<KubernetesObject> {
  const { olds, ignoreChanges } = prepared;
  const { fieldManager } = prepared.provenance;
  try {
    if (live === undefined) {
      throw new Error(`it no longer exists in the cluster; run pulumi refresh, and it is created again`);
    }
    // A copy: ignored fields are put into what is sent, not into what the state keeps as the program's inputs.
    const object = structuredClone(prepared.object);
    return await overwrite(operation, { object, live, olds, fieldManager, dryRun, ignoreChanges });
  } catch (error) {
    const hint =
      error instanceof NoMatchError ? ". Check that the CustomResourceDefinition is installed" : "";
    throw new Error(
      `update of resource ${JSON.stringify(operation.urn)} failed: ${messageOf(error)}${hint}`,
      {
        cause: error,
      },
    );
  }
}

function liveObject(operation: Operation, { live }: Checkpoint): Promise<KubernetesObject | undefined> {
  return operation.client.get({
    apiVersion: stringAt(live, "apiVersion"),
    kind: stringAt(live, "kind"),
    name: nameOf(live),
    namespace: namespaceOf(live) || "default",
  });
}
