import { conditionOf, listAt, numberAt, qualifiedName, selectorText, textAt } from "./fields";
import type { Condition } from "./fields";
import type { Related } from "./decision";
import type { KubernetesObject } from "./types";
import { valueAt } from "../values";

/** How far a pod has come, and what holds it up. */
export interface PodProgress {
  readonly waitingFor: "scheduled" | "initialized" | "ready" | undefined;
  readonly problem?: string;
}

const daemonPrefix = "rpc error: code = Unknown desc = Error response from daemon: ";
const manifestSuffix = ": manifest unknown";
const startingReasons = new Set(["ContainerCreating", "PodInitializing"]);

/** The pods that a workload's selector names. */
export function podsOf(workload: KubernetesObject): Related {
  const ref = {
    apiVersion: "v1",
    kind: "Pod",
    ...(workload.metadata.namespace === undefined ? {} : { namespace: workload.metadata.namespace }),
    labelSelector: selectorText(valueAt(workload, "spec", "selector")),
  };
  return { name: "pods", refs: [ref] };
}

/** Follows a pod through scheduling, initialization and readiness. */
export function podProgress(pod: KubernetesObject): PodProgress {
  const scheduled = conditionOf(pod, "PodScheduled");
  if (scheduled?.status !== "True") return stopped(pod, "scheduled", scheduled, []);
  const initialized = conditionOf(pod, "Initialized");
  if (initialized?.status !== "True") {
    const containers = [...listAt(pod, "status", "initContainerStatuses"), ...containersOf(pod)];
    return stopped(pod, "initialized", initialized, containers);
  }
  const ready = conditionOf(pod, "Ready");
  if (ready?.status === "True" || textAt(pod, "status", "phase") === "Succeeded")
    return { waitingFor: undefined };
  return stopped(pod, "ready", ready, containersOf(pod));
}

/** The troubles of several pods, in the order of their names. */
export function podProblems(pods: readonly KubernetesObject[]): string[] {
  return [...pods]
    .sort((left, right) => left.metadata.name.localeCompare(right.metadata.name))
    .flatMap((pod) => podProgress(pod).problem ?? []);
}

/** Whether every container of the pod that ended has ended well. */
export function endedWell(pod: KubernetesObject): boolean {
  const codes = containersOf(pod).map((status) => numberAt(status, "state", "terminated", "exitCode"));
  return codes.length > 0 && codes.every((code) => code === 0);
}

function containersOf(pod: KubernetesObject): readonly unknown[] {
  return listAt(pod, "status", "containerStatuses");
}

function stopped(
  pod: KubernetesObject,
  waitingFor: "scheduled" | "initialized" | "ready",
  condition: Condition | undefined,
  containers: readonly unknown[],
): PodProgress {
  const message = condition?.reason && condition.message ? condition.message : "";
  const text = message + containers.flatMap(containerProblems).join("\n");
  if (condition === undefined || text === "") return { waitingFor };
  return { waitingFor, problem: `[Pod ${qualifiedName(pod)}]: ${text}` };
}

function containerProblems(status: unknown): string[] {
  if (valueAt(status, "ready") === true) return [];
  return [waitingProblem(status), terminatedProblem(status), ...lastTermination(status)].filter(
    (problem) => problem !== undefined,
  );
}

function waitingProblem(status: unknown): string | undefined {
  const reason = textAt(status, "state", "waiting", "reason");
  if (reason === undefined || startingReasons.has(reason)) return undefined;
  return `[${reason}] ${withoutNoise(textAt(status, "state", "waiting", "message") ?? "")}`;
}

function terminatedProblem(status: unknown): string | undefined {
  const reason = textAt(status, "state", "terminated", "reason");
  if (reason === undefined) return undefined;
  const message = textAt(status, "state", "terminated", "message");
  if (message !== undefined) return `[${reason}] ${withoutNoise(message)}`;
  const code = numberAt(status, "state", "terminated", "exitCode") ?? 0;
  return `container "${containerName(status)}" completed with exit code ${code}`;
}

function lastTermination(status: unknown): string[] {
  const last = valueAt(status, "lastState", "terminated");
  if (last === undefined) return [];
  const ending = `${textAt(last, "reason") ?? ""}: exit code ${numberAt(last, "exitCode") ?? 0}`;
  const text = `container "${containerName(status)}" terminated at ${textAt(last, "finishedAt") ?? ""} (${ending})`;
  return [text, ...[textAt(last, "message")].filter((message) => message !== undefined)];
}

function containerName(status: unknown): string {
  return textAt(status, "name") ?? "";
}

/** Container runtimes wrap the cause of a failed pull in words that help nobody. */
function withoutNoise(message: string): string {
  const start = message.startsWith(daemonPrefix) ? daemonPrefix.length : 0;
  const end = message.endsWith(manifestSuffix) ? message.length - manifestSuffix.length : message.length;
  return message.slice(start, end);
}
