import { fails, type Field, notYetKnown } from "./manifest";
import type { Resource } from "./rule";

// Reading what has no shape of its own in manifest.ts: AWS' resources, and the rarer fields of Kubernetes' objects.

/** Reads on along a dotted path: what lies below a value that is not known yet is not known yet either. */
export function follow(from: Field<unknown>, path: string): Field<unknown> {
  return path.split(".").reduce<Field<unknown>>((found, key) => {
    if (found === notYetKnown) return notYetKnown;
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>)[key] : undefined;
  }, from);
}

/** An input of a resource by its dotted path, such as `vpcConfig.publicAccessCidrs`. */
export const input = ({ props }: Resource, path: string): Field<unknown> => follow(props, path);

/** A setting of a provider by its dotted path: providers take whatever is no text as JSON. */
export function providerSetting(resource: Resource, path: string): Field<unknown> {
  const [name = "", ...rest] = path.split(".");
  const given = input(resource, name);
  const found = typeof given === "string" && /^[[{]/.test(given) ? (JSON.parse(given) as unknown) : given;
  return rest.length === 0 ? found : follow(found, rest.join("."));
}

/** The elements of a list; none where it is missing or not known yet. */
export const elements = (field: Field<unknown>): readonly Field<unknown>[] =>
  Array.isArray(field) ? (field as Field<unknown>[]) : [];

/** True when the list, or one of its elements, is not known yet: what seems missing may be there. */
export const isUncertain = (field: Field<unknown>): boolean =>
  field === notYetKnown || elements(field).includes(notYetKnown);

/** The text when it is one, and known. */
export const textOf = (field: Field<unknown>): string | undefined =>
  typeof field === "string" ? field : undefined;

/** The number when it is one, and known. */
export const numberOf = (field: Field<unknown>): number | undefined =>
  typeof field === "number" ? field : undefined;

/** How a message shows what was found. */
export const shown = (field: Field<unknown>): string =>
  field === undefined ? "missing" : field === notYetKnown ? "not known yet" : JSON.stringify(field);

/** What an input must be. */
export interface Demand {
  /** Dotted path of the input. */
  readonly path: string;
  readonly holds: (value: unknown) => boolean;
  /** Completes "must be", with the fix where it is not plain. */
  readonly allowed: string;
}

/** One message for each demand that an input is known not to meet. */
export const unmet = (resource: Resource, demands: readonly Demand[]): string[] =>
  demands.flatMap(({ path, holds, allowed }) => {
    const found = input(resource, path);
    return fails(found, holds) ? [`${resource.name}: ${path} is ${shown(found)}; must be ${allowed}`] : [];
  });

/** The demand that a switch is on. */
export const on = (path: string): Demand => ({ path, holds: (value) => value === true, allowed: "true" });

/** The demand that a switch is off, as it is where nobody touches it. */
export const off = (path: string): Demand => ({
  path,
  holds: (value) => value !== true,
  allowed: "false, or left out",
});

/** The demand that something is there. */
export const present = (path: string, allowed: string): Demand => ({
  path,
  holds: (value) => value !== undefined && value !== "",
  allowed,
});

/** The demand that a number is at least so much. */
export const atLeast = (path: string, least: number): Demand => ({
  path,
  holds: (value) => typeof value === "number" && value >= least,
  allowed: `at least ${least}`,
});
