import type { PolicyConfigSchema } from "@pulumi/policy";

/** What a setting can be. */
export type SettingValue = number | string | readonly number[] | readonly string[];

/** What a stack's configuration may change in a rule. */
export interface Setting<Value extends SettingValue = SettingValue> {
  /** Camel case, with its unit: `leastDays`. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly description: string;
  readonly default: Value;
  /** What Pulumi checks a configured value against. */
  readonly schema: PolicyConfigSchema["properties"][string];
}

/** How a rule reads its settings: what is configured, or else the default. */
export type Read = <Value extends SettingValue>(setting: Setting<Value>) => Value;

/** A reader of what is configured. Pulumi has checked it against the schemas. */
export function reader(configured: Readonly<Record<string, unknown>>): Read {
  return <Value extends SettingValue>({ name, default: usual }: Setting<Value>): Value =>
    (configured[name] as Value | undefined) ?? usual;
}

/** Reads every setting as its default. */
export const defaults: Read = reader({});

/** A whole number from `least` to `most`. */
export const wholeNumber = (
  name: string,
  description: string,
  { usual, least, most }: { readonly usual: number; readonly least: number; readonly most: number },
): Setting<number> => ({
  name,
  description,
  default: usual,
  schema: { type: "integer", minimum: least, maximum: most },
});

/** A list of texts. */
export const texts = (
  name: string,
  description: string,
  usual: readonly string[],
): Setting<readonly string[]> => ({
  name,
  description,
  default: usual,
  schema: { type: "array", items: { type: "string" } },
});

/** A list of ports. */
export const ports = (
  name: string,
  description: string,
  usual: readonly number[],
): Setting<readonly number[]> => ({
  name,
  description,
  default: usual,
  schema: { type: "array", items: { type: "integer", minimum: 1, maximum: 65_535 } },
});
