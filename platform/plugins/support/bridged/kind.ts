/**
 * What a resource of a bridged provider is made of. Pulumi's official random and tls providers are bridges to Terraform
 * providers whose resources live in the state alone: nothing is ever read back, and most changes replace.
 */
import type { Properties, Value } from "../properties";

/** What an input holds. */
export type InputType = "text" | "whole" | "flag" | "texts" | "map" | "object";

/** One input of a resource. A changed input replaces the resource unless said otherwise. */
export interface Input {
  readonly type: InputType;
  readonly required?: true;
  /** What the state holds where the program says nothing. */
  readonly default?: Value;
  /** The official provider marks it as secret by itself. */
  readonly secret?: true;
  /** A changed value only updates the state. */
  readonly inPlace?: true;
  /** A program that stops saying it keeps what it said. */
  readonly sticky?: true;
  /** Changes for which the official provider makes an exception. */
  readonly same?: (before: Value | undefined, after: Value | undefined) => boolean;
  /** The members of an object. */
  readonly members?: Readonly<Record<string, InputType>>;
  /** What is wrong with a value of the right type, as "must be" goes on; undefined when it is fine. */
  readonly allowed?: (value: Value) => string | undefined;
}

/** An input that may not be: where it stands, what was found there, what is allowed. */
export interface Problem {
  readonly property: string;
  readonly reason: string;
}

/** What creating a resource yields. */
export interface Made {
  readonly id: string;
  readonly computed: Properties;
}

/** One type of resource. */
export interface Kind {
  /** Such as `random:index/randomPassword:RandomPassword`. */
  readonly type: string;
  /** The version of the official provider's state, 0 where it keeps none. */
  readonly schemaVersion: number;
  readonly inputs: Readonly<Record<string, Input>>;
  /** Inputs of the official provider that are refused, with the way out. */
  readonly uncovered?: Readonly<Record<string, string>>;
  /** What only the provider can fill in, and whether it is secret. */
  readonly computed: Readonly<Record<string, "open" | "secret">>;
  /** What is wrong between inputs that are each fine by themselves. Unknown ones are left out. */
  readonly problems?: (inputs: Properties) => readonly Problem[];
  /** Inputs that follow from others; gets the inputs with their defaults, whose unknowns stay. */
  readonly complete?: (inputs: Properties) => Properties;
  readonly create: (inputs: Properties) => Made | Promise<Made>;
  /** Computed values that follow from inputs changed in place. */
  readonly update?: (inputs: Properties) => Properties;
  /** What has become of the state since it was written. */
  readonly refresh?: (state: Properties) => Properties;
  /** A computed property that makes a new resource necessary though no input changed. */
  readonly outdated?: (state: Properties) => string | undefined;
}
