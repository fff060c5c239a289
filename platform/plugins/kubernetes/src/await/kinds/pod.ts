import { qualifiedName, textAt } from "../fields";
import { podProgress } from "../pods";
import { TEN_MINUTES } from "../decision";
import type { AwaitedKind, Decision, Snapshot } from "../decision";

/** A Pod is ready when its Ready condition is true or it has ended well. */
export const pod: AwaitedKind = {
  timeoutSeconds: TEN_MINUTES,
  checkedOnRead: true,
  decide: decidePod,
};

function decidePod({ object }: Snapshot): Decision {
  const { waitingFor, problem } = podProgress(object);
  if (waitingFor === undefined) return { ready: true };
  return {
    ready: false,
    // A failed pod is never started again.
    failed: textAt(object, "status", "phase") === "Failed",
    status: `Waiting for Pod "${qualifiedName(object)}" to be ${waitingFor}`,
    details: problem === undefined ? [] : [problem],
  };
}
