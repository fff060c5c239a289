import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Description } from "../../stacks/schema";

/** The description that a stack's file holds. */
export function descriptionOf(stack: string): Description {
  const file = join(__dirname, "../../stacks", `Pulumi.${stack}.yaml`);
  const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, Description> };
  const description = config["twinstack:topology"];
  if (description === undefined) throw new Error(`${file} has no twinstack:topology`);
  return description;
}

/** A copy with the value at a dotted path replaced, or removed where it is undefined. */
export function changed(description: object, path: string, value: unknown): Record<string, unknown> {
  const copy = structuredClone(description) as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let at = copy;
  for (const key of keys) {
    if (typeof at[key] !== "object") throw new Error(`nothing at ${path}: ${key} is no object`);
    at = at[key] as Record<string, unknown>;
  }
  if (value === undefined) Reflect.deleteProperty(at, last);
  else at[last] = value;
  return copy;
}

/** The description of a stack with region `a` alone, and so without what regions share. */
export function oneRegionOf(stack: string): Record<string, unknown> {
  const { a } = descriptionOf(stack).regions;
  const alone = { ...descriptionOf(stack), regions: { a } };
  return ["quorum", "database", "dns"].reduce<Record<string, unknown>>(
    (description, part) => changed(description, part, undefined),
    alone,
  );
}

/** Configuration of a stack with a description. */
export const configOf = (description: unknown): Record<string, string> => ({
  "twinstack:topology": JSON.stringify(description),
});
