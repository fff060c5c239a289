import { stringAt } from "./values";
import type { Properties } from "./values";
import { annotation, toObject, toProperties } from "./objects";
import { newFieldManager } from "./naming";
import { annotateSecrets } from "./secrets";
import { isRecord, stripSecrets } from "./values";

/** What Pulumi's state keeps of a resource: the live object, and beside it what this provider must remember. */
const inputsKey = "__inputs";
const initialApiVersionKey = "__initialApiVersion";
const fieldManagerKey = "__fieldManager";

const fieldManagerAnnotation = "pulumi.com/patchFieldManager";

/** A resource as the state has it. */
export interface Checkpoint {
  /** The inputs of the last create or update. */
  readonly inputs: Properties;
  /** The object as the cluster had it then. */
  readonly live: Properties;
}

/** What goes into the state beside inputs and live object. */
export interface Provenance {
  readonly initialApiVersion: string;
  readonly fieldManager: string;
  /** The inputs with their secrets still marked. */
  readonly secretsFrom: Properties;
}

/** Writes the state of a resource. */
export function toState(inputs: Properties, live: Properties, from: Provenance): Properties {
  const state = toProperties(live);
  const recorded = toProperties(inputs);
  annotateSecrets(state, from.secretsFrom);
  annotateSecrets(recorded, from.secretsFrom);
  return {
    ...state,
    [inputsKey]: recorded,
    [initialApiVersionKey]: from.initialApiVersion,
    [fieldManagerKey]: from.fieldManager,
  };
}

/** Reads the state of a resource. */
export function fromState(state: Properties): Checkpoint {
  const { [inputsKey]: inputs, ...live } = toObject(state);
  return { inputs: isRecord(inputs) ? inputs : {}, live };
}

/** The apiVersion under which the resource was first created. */
export function initialApiVersion(state: Properties, inputs: Properties): string {
  return stringAt(state, initialApiVersionKey) || stringAt(inputs, "apiVersion");
}

/** The name under which the resource's fields are owned: chosen by annotation, kept in the state, or new. */
export function fieldManagerOf(state: Properties, inputs: Properties, serverSideApply: boolean): string {
  if (!serverSideApply) {
    return "pulumi-kubernetes";
  }
  const kept = stripSecrets(state[fieldManagerKey]);
  return annotation(inputs, fieldManagerAnnotation) || (typeof kept === "string" ? kept : newFieldManager());
}
