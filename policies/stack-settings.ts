import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Level, Rule } from "./rule";
import { type Read, reader } from "./setting";

/** What a stack's file says of a rule: its level alone, or settings with or without a level. */
export type Said = Level | (Readonly<Record<string, unknown>> & { readonly enforcementLevel?: Level });

/** What a stack's file says, by rule. */
export type StackSettings = Readonly<Record<string, Said>>;

/** What the pack is told for a stack, as `folder` (`policies/stacks`) has it; nothing for a stack without a file. */
export function settingsOf(folder: string, stack: string): StackSettings {
  const file = join(folder, `${stack}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as StackSettings) : {};
}

/** How much a rule weighs in a stack. */
export function levelIn(settings: StackSettings, { name, level = "mandatory" }: Rule): Level {
  const said = settings[name];
  return (typeof said === "string" ? said : said?.enforcementLevel) ?? level;
}

/** Reads a rule's settings as they are in a stack. */
export function readerIn(settings: StackSettings, { name }: Rule): Read {
  const said = settings[name];
  return reader(typeof said === "object" ? said : {});
}
