import type { Run } from "./program";
import { isRecord, isSecret, member } from "./values";

const digest = /sha256:[0-9a-f]{64}/g;

/**
 * Without an engine, digests of images that are still to be built, and names that providers generate, are made up. Says
 * so in their place, so that nobody takes them for real.
 */
export function knownLater(runs: readonly Run[], descriptions: readonly unknown[]): (text: string) => string {
  const real = new Set(descriptions.flatMap((each) => JSON.stringify(each ?? null).match(digest) ?? []));
  const generated = runs
    .flatMap(({ resources }) => resources)
    .filter(({ type, inputs }) => type.startsWith("kubernetes:") && !hasName(inputs))
    .map(({ name }) => name);
  const names = [...new Set(generated)].sort((one, other) => other.length - one.length);
  const pattern = names.length === 0 ? undefined : new RegExp(`\\b(${names.join("|")})-[0-9a-f]{8}\\b`, "g");
  return (text) => {
    const built = text.replace(digest, (found) => (real.has(found) ? found : "(digest known once built)"));
    return pattern === undefined ? built : built.replace(pattern, "$1-(generated)");
  };
}

const hasName = (inputs: unknown): boolean => typeof member(member(inputs, "metadata"), "name") === "string";

/** The same value with every text in it changed. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, change));
  if (isSecret(value) || !isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapTexts(each, change)]));
}
