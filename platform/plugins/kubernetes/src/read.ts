import type { KubernetesObject } from "./await";
import { AwaitError, awaitReady } from "./await";
import { PartialFailure } from "./errors";
import { normalizeInputs } from "./normalize";
import { formatApiVersion, gvkOfUrn, isBuiltIn } from "./kinds";
import { gvkOf, idOf, nameOf, namespaceOf, parseId, setNamespace, toObject } from "./objects";
import type { Operation } from "./operation";
import { awaitReasons, awaitRequest, skipsAwait } from "./operation";
import { prune, restoreDropped } from "./prune";
import { annotateSecrets } from "./secrets";
import { fieldManagerOf, fromState, initialApiVersion, toState } from "./state";
import type { Properties } from "./values";
import { removeAt, setAt, stringAt } from "./values";

/** What a read is made from: the state and inputs of a known resource, or neither for an import. */
export interface ReadInput {
  readonly id: string;
  readonly state: Properties;
  readonly inputs: Properties;
}

/** A resource as the cluster has it. */
export interface ReadResult {
  readonly id: string;
  readonly state: Properties;
  readonly inputs: Properties;
}

/** What never belongs into the inputs of an imported object. */
const outputOnly = [
  ["status"],
  ["metadata", "creationTimestamp"],
  ["metadata", "generation"],
  ["metadata", "managedFields"],
  ["metadata", "resourceVersion"],
  ["metadata", "uid"],
  ["metadata", "annotations", "deployment.kubernetes.io/revision"],
  ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
];

/** Reads the live object; undefined where it no longer exists. */
export async function readResource(operation: Operation, input: ReadInput): Promise<ReadResult | undefined> {
  const { oldInputs, imported } = expected(operation.urn, input);
  const live = await operation.client.get({
    apiVersion: stringAt(oldInputs, "apiVersion"),
    kind: stringAt(oldInputs, "kind"),
    name: parseId(input.id).name,
    namespace: namespaceOf(oldInputs) || parseId(input.id).namespace || "default",
  });
  if (live === undefined) {
    return undefined;
  }
  let current = live;
  let failure: unknown;
  if (!imported && !skipsAwait(oldInputs)) {
    try {
      current = await awaitReady({ ...awaitRequest(operation, oldInputs, live), operation: "read" });
      operation.log.status("");
    } catch (error) {
      failure = error;
      current = error instanceof AwaitError ? error.object : live;
    }
  }
  const result = describe(operation, input, oldInputs, current, imported);
  if (failure !== undefined) {
    const reasons = awaitReasons(failure);
    throw new PartialFailure(reasons[0], result.id, result.state, reasons, result.inputs);
  }
  return result;
}

/** The inputs to compare the live object with; an import has none but the name in its id. */
function expected(
  urn: string,
  input: ReadInput,
): { readonly oldInputs: Properties; readonly imported: boolean } {
  const oldInputs = normalizeInputs(toObject(input.inputs));
  if (stringAt(oldInputs, "kind") !== "") {
    return { oldInputs, imported: false };
  }
  const { live } = fromState(input.state);
  const imported = stringAt(live, "kind") === "";
  const gvk = gvkOfUrn(urn);
  oldInputs["apiVersion"] = imported ? formatApiVersion(gvk) : live["apiVersion"];
  oldInputs["kind"] = imported ? gvk.kind.replace(/Patch$/, "") : live["kind"];
  const { name, namespace } = parseId(input.id);
  if (nameOf(oldInputs) === "") {
    setAt(oldInputs, ["metadata", "name"], name);
  }
  if (namespaceOf(oldInputs) === "" && namespace !== "") {
    setNamespace(oldInputs, namespace);
  }
  return { oldInputs, imported };
}

function describe(
  operation: Operation,
  input: ReadInput,
  oldInputs: Properties,
  live: KubernetesObject,
  imported: boolean,
): ReadResult {
  const liveInputs = imported ? inputsOf(live) : keptInputs(live, oldInputs);
  const state = toState(liveInputs, live, {
    initialApiVersion: initialApiVersion(input.state, oldInputs),
    fieldManager: fieldManagerOf(input.state, oldInputs, operation.serverSideApply),
    secretsFrom: input.inputs,
  });
  annotateSecrets(liveInputs, input.inputs);
  return { id: input.id === "" ? idOf(live) : input.id, state, inputs: liveInputs };
}

/** What an import takes for inputs: everything that is not the cluster's own word. */
function inputsOf(live: KubernetesObject): Properties {
  const inputs = structuredClone<Properties>(live);
  for (const path of outputOnly) {
    removeAt(inputs, ...path);
  }
  return inputs;
}

/** The fields that the program sets, as they are now. */
function keptInputs(live: KubernetesObject, oldInputs: Properties): Properties {
  const inputs = prune(live, oldInputs);
  if (isBuiltIn(gvkOf(oldInputs))) {
    restoreDropped(inputs, oldInputs, oldInputs);
  }
  return inputs;
}
