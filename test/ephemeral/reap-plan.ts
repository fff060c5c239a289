import { runLabelKeys } from "../../components/core/labels";
import { createdOf, defaultTtlSeconds, showDuration } from "./identity";

/** What one place tells of a run. */
export interface Trace {
  readonly id: string;
  /** Such as `twinstack-a: 12 objects`, `backend`, `files`. */
  readonly where: string;
  /** Empty where the place does not tell. */
  readonly owner?: string;
  readonly ttlSeconds?: number;
}

/** A run with all that is known of it. */
export interface FoundRun {
  readonly id: string;
  readonly owner: string;
  readonly ttlSeconds: number;
  readonly ageSeconds: number;
  readonly where: readonly string[];
}

/** Whether a run is reaped, and why. */
export interface Verdict {
  readonly due: boolean;
  readonly reason: string;
}

/** Runs by what the places tell of them, the oldest first. What has no id of a run is no run. */
export function foundRuns(traces: readonly Trace[], now: Date): FoundRun[] {
  const ids = [...new Set(traces.map(({ id }) => id))].sort();
  return ids.flatMap((id) => {
    const created = createdOf(id);
    if (created === undefined) return [];
    const mine = traces.filter((trace) => trace.id === id);
    return {
      id,
      owner: mine.map(({ owner = "" }) => owner).find((owner) => owner !== "") ?? "?",
      ttlSeconds: mine.flatMap(({ ttlSeconds }) => ttlSeconds ?? [])[0] ?? defaultTtlSeconds,
      ageSeconds: (now.getTime() - created.getTime()) / 1000,
      where: mine.map(({ where }) => where),
    };
  });
}

/** Judges a run by its own time, or by what the caller calls old. */
export function judge({ ageSeconds, ttlSeconds }: FoundRun, olderThanSeconds: number | undefined): Verdict {
  const limit = olderThanSeconds ?? ttlSeconds;
  const age = `${showDuration(Math.max(0, ageSeconds))} old`;
  return ageSeconds >= limit
    ? { due: true, reason: `${age}, its time was ${showDuration(limit)}` }
    : { due: false, reason: `${age}, has ${showDuration(limit - ageSeconds)} left` };
}

interface State {
  readonly deployment?: { readonly resources?: readonly { readonly inputs?: unknown }[] };
}

interface Labelled {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
}

/** What a stack's state tells of its run: the labels of the first object that has them. */
export function traceOfState(id: string, exported: string): Trace {
  const { deployment } = JSON.parse(exported) as State;
  const labels = (deployment?.resources ?? [])
    .map(({ inputs }) => (inputs as Labelled | undefined)?.metadata?.labels)
    .find((labels) => labels?.[runLabelKeys.id] === id);
  const count = deployment?.resources?.length ?? 0;
  return { id, where: `backend: ${count} resources`, ...detailsOf(labels ?? {}) };
}

/** Owner and time of labels that may lack them. */
export function detailsOf(labels: Readonly<Record<string, string>>): Pick<Trace, "owner" | "ttlSeconds"> {
  const ttlSeconds = Number(labels[runLabelKeys.ttlSeconds] ?? "");
  return {
    owner: labels[runLabelKeys.owner] ?? "",
    ...(Number.isFinite(ttlSeconds) && ttlSeconds > 0 ? { ttlSeconds } : {}),
  };
}
