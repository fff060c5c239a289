/** Which input changes mean a new build. Nothing ever replaces an image: the official provider updates in place. */
import { isDeepStrictEqual } from "node:util";

import { isObject, type Properties, type Value } from "../../support/properties";

/** What happened to one input. */
export type ChangeKind = "add" | "delete" | "update";

/** The changed inputs by name; empty when nothing is to be built. */
export function diffInputs(olds: Properties, news: Properties): Map<string, ChangeKind> {
  const changes = new Map<string, ChangeKind>();
  for (const name of new Set([...Object.keys(olds), ...Object.keys(news)])) {
    const before = olds[name];
    const after = news[name];
    if (before === undefined) {
      changes.set(name, "add");
    } else if (after === undefined) {
      changes.set(name, "delete");
    } else if (!isDeepStrictEqual(before, after) && !isOnlyCredentials(name, before, after)) {
      changes.set(name, "update");
    }
  }
  return changes;
}

/** User names and passwords of registries may be short-lived tokens: a new one is no reason to build again. */
function isOnlyCredentials(name: string, before: Value, after: Value): boolean {
  if (name !== "registry" || !isObject(before) || !isObject(after)) return false;
  const [old, current] = [before["server"], after["server"]];
  return old === undefined || current === undefined || old === current;
}
