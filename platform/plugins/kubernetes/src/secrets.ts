import type { Properties } from "./values";
import { Secret, containsSecret, isRecord } from "./values";

/**
 * Marks in `outs` what is secret in `ins`; `outs` is changed in place. Objects are compared field by field, so that one
 * secret does not hide a whole Deployment; an array with a secret in it is hidden as a whole, since its order may change.
 * The data of a Secret is always secret.
 */
export function annotateSecrets(outs: Properties, ins: Properties): void {
  if (outs["kind"] === "Secret") {
    hide(outs, "data");
    hide(outs, "stringData");
    return;
  }
  for (const [key, input] of Object.entries(ins)) {
    if (!Object.hasOwn(outs, key)) {
      continue;
    }
    const output = outs[key];
    if (isRecord(output) && isRecord(input)) {
      annotateSecrets(output, input);
    } else if (containsSecret(input)) {
      hide(outs, key);
    }
  }
}

function hide(object: Properties, key: string): void {
  if (Object.hasOwn(object, key) && !(object[key] instanceof Secret)) {
    object[key] = new Secret(object[key]);
  }
}
