import type { Resource } from "../../policies/rule";
import { broken } from "./fixture";

/** A change of one resource; undefined where it is gone. */
export type Change = (resource: Resource) => Resource | undefined;

/** A dangerous change of one thing in a golden. */
export interface Mutation {
  /** What would be wrong, in a few words. */
  readonly what: string;
  readonly golden: "local" | "production";
  /** The resource's name, or how the first one of its type is told from the others. */
  readonly of: string | { readonly type: string; readonly named?: RegExp };
  readonly change: Change;
}

/** Sets a field, or removes it where the value is undefined. */
export const set =
  (path: string, value: unknown): Change =>
  (resource) =>
    broken(resource, path, value);

/** Takes the resource away. */
export const gone: Change = () => undefined;

/** Replaces a part of the resource, wherever it stands in it; it must be there. */
export const replace =
  (from: string, to: string): Change =>
  (resource) => {
    const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);
    const text = JSON.stringify(resource.props);
    if (!text.includes(inJson(from))) throw new Error(`${resource.name} has no ${from}`);
    return { ...resource, props: JSON.parse(text.replace(inJson(from), inJson(to))) as object };
  };

/** Sets a variable of the first container. */
export const variable = (name: string, value: string): Change => {
  const entry = (text: string): RegExp => new RegExp(`\\{"name":"${text}","value":"[^"]*"\\}`);
  return (resource) => {
    const text = JSON.stringify(resource.props);
    if (!entry(name).test(text)) throw new Error(`${resource.name} has no variable ${name}`);
    return {
      ...resource,
      props: JSON.parse(text.replace(entry(name), JSON.stringify({ name, value }))) as object,
    };
  };
};

/** Puts another statement in place of a policy's first one. */
export const statement =
  (field: string, change: object): Change =>
  (resource) => {
    const text = (resource.props as Readonly<Record<string, unknown>>)[field];
    const document = JSON.parse(String(text)) as { Statement: object[] };
    const [first, ...others] = document.Statement;
    return broken(
      resource,
      field,
      JSON.stringify({ ...document, Statement: [{ ...first, ...change }, ...others] }),
    );
  };

/** The resources with a mutation; it must change something. */
export function mutated(resources: readonly Resource[], { what, of, change }: Mutation): Resource[] {
  const isIt = ({ type, name }: Resource): boolean =>
    typeof of === "string" ? name === of : type === of.type && (of.named?.test(name) ?? true);
  const index = resources.findIndex(isIt);
  const target = resources[index];
  if (target === undefined) throw new Error(`nothing to make "${what}" of`);
  const changed = change(target);
  if (JSON.stringify(changed) === JSON.stringify(target)) throw new Error(`"${what}" changes nothing`);
  return resources.flatMap((each, at) => (at !== index ? [each] : changed === undefined ? [] : [changed]));
}
