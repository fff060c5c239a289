import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Level, Rule } from "../../policies/rule";
import { type Read, reader } from "../../policies/setting";

const folder = join(__dirname, "../../policies/stacks");

/** What a stack's file says of a rule: its level alone, or settings with or without a level. */
export type Said = Level | (Readonly<Record<string, unknown>> & { readonly enforcementLevel?: Level });

/** What the pack is told for a stack, by rule; nothing for a stack without a file. */
export function settingsOf(stack: string): Readonly<Record<string, Said>> {
  const file = join(folder, `${stack}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, Said>) : {};
}

/** How much a rule weighs in a stack. */
export function levelIn(stack: string, { name, level = "mandatory" }: Rule): Level {
  const said = settingsOf(stack)[name];
  return (typeof said === "string" ? said : said?.enforcementLevel) ?? level;
}

/** Reads a rule's settings as they are in a stack. */
export function readerIn(stack: string, { name }: Rule): Read {
  const said = settingsOf(stack)[name];
  return reader(typeof said === "object" ? said : {});
}
