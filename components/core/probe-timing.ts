/** How often a probe asks and how many failures count. */
export interface ProbeTiming {
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

/** How many failures in a row count, and how long one answer may take. */
export interface ProbePatience {
  readonly failures: number;
  readonly timeoutSeconds: number;
}

/**
 * Longest from the moment a container goes bad until its probe has said so. It may go bad just after a good answer:
 * the first bad answer is then asked for one period later, the last one `failureThreshold` periods later, and that
 * one may take until its timeout.
 */
export function detectionSeconds({ periodSeconds, timeoutSeconds, failureThreshold }: ProbeTiming): number {
  return periodSeconds * failureThreshold + timeoutSeconds;
}

/** Smallest budget a probe of this patience can meet: it asks once a second. */
export const leastBudgetSeconds = ({ failures, timeoutSeconds }: ProbePatience): number =>
  failures + timeoutSeconds;

/**
 * The laziest timing that still detects within `budgetSeconds`: every probe costs the pod a request. A budget below
 * {@link leastBudgetSeconds} gets the quickest timing there is.
 */
export function probeTiming(budgetSeconds: number, { failures, timeoutSeconds }: ProbePatience): ProbeTiming {
  const periodSeconds = Math.max(1, Math.floor((budgetSeconds - timeoutSeconds) / failures));
  return { periodSeconds, timeoutSeconds, failureThreshold: failures };
}
