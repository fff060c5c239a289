import type { Input } from "../../support/bridged/kind";
import { isObject, type Value } from "../../support/properties";

/** Any values whose change makes a new random one; none at all and an empty object mean the same. */
export const keepers: Input = {
  type: "map",
  same: (before, after) => isNothing(before) && isNothing(after),
};

function isNothing(value: Value | undefined): boolean {
  return value === undefined || (isObject(value) && Object.keys(value).length === 0);
}
