/** The state of a resource as the official, bridged providers write it. */
import { hasUnknowns, unknownText, type Properties, type Value } from "../properties";
import { secret } from "../secrets";
import type { Kind } from "./kind";

/**
 * Tells newer bridges how a state was encoded. It describes one state only, so that it goes when the state changes; they
 * read a state without it as those before them did.
 */
const rawStateDelta = "__pulumi_raw_state_delta";

/** A new resource's state. */
export function createdState(kind: Kind, inputs: Properties, id: string, computed: Properties): Properties {
  const meta: Properties =
    kind.schemaVersion === 0
      ? {}
      : { __meta: JSON.stringify({ schema_version: String(kind.schemaVersion) }) };
  return withSecrets(kind, { ...meta, ...inputs, ...computed, id });
}

/** What a preview can tell of a resource that is to be made. */
export function previewedState(kind: Kind, inputs: Properties): Properties {
  const computed = ["id", ...Object.keys(kind.computed)].map((name): [string, Value] => [name, unknownText]);
  return withSecrets(kind, { ...inputs, ...Object.fromEntries(computed) });
}

/** A resource's state after a change in place. Inputs that are gone from the program go from the state. */
export function updatedState(kind: Kind, state: Properties, inputs: Properties): Properties {
  const kept = Object.entries(state).filter(([name]) => !(name in kind.inputs) && name !== rawStateDelta);
  return withSecrets(kind, { ...Object.fromEntries(kept), ...inputs, ...kind.update?.(inputs) });
}

/** Marks what the official provider marks, in inputs and states; of what isn't known yet the engine knows it by itself. */
export function withSecrets(kind: Kind, properties: Properties): Properties {
  const isSecret = (name: string, value: Value): boolean =>
    !hasUnknowns(value) && (kind.computed[name] === "secret" || kind.inputs[name]?.secret === true);
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, isSecret(name, value) ? secret(value) : value]),
  );
}
