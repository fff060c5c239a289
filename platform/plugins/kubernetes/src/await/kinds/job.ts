import { conditionOf, conditionText, isOwnedBy, numberAt, qualifiedName, textAt } from "../fields";
import { endedWell, podProblems, podsOf } from "../pods";
import { TEN_MINUTES } from "../decision";
import type { AwaitedKind, Decision, Snapshot } from "../decision";
import type { KubernetesObject } from "../types";

/** A Job is ready when it is complete; failing, it takes its pods along, so their troubles are kept in mind. */
export const job: AwaitedKind = {
  timeoutSeconds: TEN_MINUTES,
  checkedOnRead: true,
  remembersDetails: true,
  related: (object) => [podsOf(object)],
  decide: decideJob,
};

function decideJob(snapshot: Snapshot): Decision {
  const { object } = snapshot;
  const status = statusOf(object);
  if (conditionOf(object, "Complete")?.status === "True") return { ready: true, status };
  const failure = conditionOf(object, "Failed");
  const pods = snapshot.related("pods").filter((pod) => isOwnedBy(pod, object) && !endedWell(pod));
  const problems = podProblems(pods);
  // A pod that is not ready yet is every Job's way; one that ended badly is worth a word at once.
  const details = problems.filter((problem) => problem.includes("containers with unready status"));
  const warnings = problems.filter((problem) => !details.includes(problem));
  if (failure?.status !== "True") return { ready: false, status, warnings, details };
  const failures = [conditionText(failure) ?? `[${failure.reason ?? "Failed"}]`];
  return { ready: false, failed: true, status, warnings, details, failures };
}

function statusOf(object: KubernetesObject): string {
  const name = qualifiedName(object);
  if (textAt(object, "status", "startTime") === undefined) return `Waiting for Job "${name}" to start`;
  const [active, succeeded, failed] = ["active", "succeeded", "failed"].map(
    (field) => numberAt(object, "status", field) ?? 0,
  );
  return `Waiting for Job "${name}" to succeed (Active: ${active ?? 0} | Succeeded: ${succeeded ?? 0} | Failed: ${failed ?? 0})`;
}
