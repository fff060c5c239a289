import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Registered, Run } from "./program";

const secretSignature = "4dabf18193072939515e22adb298388d";

/**
 * A value as a golden shows it: keys in order, secrets masked, texts of several lines as lists of lines, so that a
 * review sees which line changed.
 */
export function presentable(value: unknown): unknown {
  if (typeof value === "string") return value.includes("\n") ? value.split("\n") : value;
  if (Array.isArray(value)) return value.map(presentable);
  if (typeof value !== "object" || value === null) return value;
  if (secretSignature in value) return "[secret]";
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, presentable(member)]));
}

function entry({ type, name, parent, provider, protect, inputs }: Registered): object {
  return {
    type,
    name,
    parent: parent ?? "(stack)",
    ...(provider ? { provider } : {}),
    ...(protect ? { protect } : {}),
    inputs: presentable(inputs),
  };
}

/** A run as text: every resource by name, and the outputs. Equal runs give equal texts. */
export function golden({ resources, outputs }: Run): string {
  const ordered = [...resources].sort((one, other) => (one.name < other.name ? -1 : 1));
  return `${JSON.stringify({ outputs: presentable(outputs), resources: ordered.map(entry) }, undefined, 2)}\n`;
}

/** The golden of a file; `make golden` writes it anew, nothing else does. */
export function expected(file: string, actual: string): string {
  if (process.env["UPDATE_GOLDENS"] === "1") writeFileSync(file, actual);
  if (!existsSync(file)) throw new Error(`${file} is missing; run \`make golden\` and review it`);
  return readFileSync(file, "utf8");
}
