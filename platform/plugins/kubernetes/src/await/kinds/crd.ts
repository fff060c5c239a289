import { conditionOf, conditionText } from "../fields";
import { TEN_MINUTES } from "../decision";
import type { AwaitedKind } from "../decision";

/** A CustomResourceDefinition is ready when the API server serves its kind. */
export const customResourceDefinition: AwaitedKind = {
  timeoutSeconds: TEN_MINUTES,
  checkedOnRead: false,
  decide: ({ object }) => {
    if (conditionOf(object, "Established")?.status === "True") return { ready: true };
    const names = conditionOf(object, "NamesAccepted");
    const refused = names?.status === "False" ? [conditionText(names) ?? "names not accepted"] : [];
    const status = "Waiting for CustomResourceDefinition to be established";
    return {
      ready: false,
      status,
      warnings: refused,
      failures: [...refused, "CustomResourceDefinition is not established"],
    };
  },
};
