/** What changes between the state and what a program now asks for. */
import { isDeepStrictEqual } from "node:util";

import { hasUnknowns, type Properties, type Value } from "../properties";
import { complete } from "./check";
import type { Kind } from "./kind";

/** A changed property. */
export interface Change {
  readonly property: string;
  readonly kind: "add" | "delete" | "update";
  readonly replaces: boolean;
}

/** Every change; empty when there is nothing to do. */
export function diffState(kind: Kind, state: Properties, news: Properties): Change[] {
  const inputs = planned(kind, state, news);
  const changes = Object.entries(kind.inputs).flatMap(([property, input]) => {
    const [before, after] = [state[property], inputs[property]];
    const replaces = input.inPlace === undefined && input.same?.(before, after) !== true;
    return diffValue(property, before, after, replaces);
  });
  const outdated = kind.outdated?.({ ...state, ...inputs });
  if (outdated !== undefined) return [...changes, { property: outdated, kind: "update", replaces: true }];
  const computed = Object.entries(kind.update?.(inputs) ?? {}).flatMap(([property, value]) =>
    diffValue(property, state[property], value, false),
  );
  return [...changes, ...computed];
}

/** The inputs the state will hold after an update. */
export function planned(kind: Kind, state: Properties, news: Properties): Properties {
  const sticky = Object.entries(kind.inputs).flatMap(([name, input]): [string, Value][] => {
    const before = state[name];
    return input.sticky === undefined || before === undefined ? [] : [[name, before]];
  });
  return { ...Object.fromEntries(sticky), ...complete(kind, news) };
}

function diffValue(
  property: string,
  before: Value | undefined,
  after: Value | undefined,
  replaces: boolean,
): Change[] {
  if (!hasUnknowns(after) && isDeepStrictEqual(before, after)) return [];
  const kind = before === undefined ? "add" : after === undefined ? "delete" : "update";
  return [{ property, kind, replaces }];
}
