import { type Path, type Problem, show } from "./errors";

/** How a pod leaves: the others forget it, it says so itself, it finishes its work. Seconds. */
export interface DrainPlan {
  /** The pod still serves while routers forget it; Kubernetes' own wait before the stop signal. */
  readonly preStopSeconds: number;
  /** The process still serves but tells everybody it is leaving. */
  readonly drainSeconds: number;
  /** Requests in flight may finish. */
  readonly shutdownSeconds: number;
  /** The kubelet kills what is left after this: the sum of the others and a margin. */
  readonly terminationGraceSeconds: number;
}

/** Clock skew and process exit on a busy node. */
const marginSeconds = 5;

/** The stopping process answers late arrivals with `Connection: close` for this long. */
const processDrainSeconds = 1;

export interface DrainInput {
  /** Longest until the router sends nothing more to a pod that has begun to leave. */
  readonly forgetSeconds: number;
  /** Longest a request may take. */
  readonly requestSeconds: number;
  /**
   * The wait before the stop signal.
   * @default one second more than `forgetSeconds`
   */
  readonly drainSeconds?: number | undefined;
}

const leastDrainSeconds = (forgetSeconds: number): number => forgetSeconds + 1;

/** What is wrong with a drain: a pod that stops before the router forgot it refuses requests. */
export function drainProblems(
  { forgetSeconds, drainSeconds }: Omit<DrainInput, "requestSeconds">,
  path: Path,
): Problem[] {
  const least = leastDrainSeconds(forgetSeconds);
  return drainSeconds === undefined || drainSeconds >= least
    ? []
    : [
        {
          path,
          found: show(drainSeconds),
          allowed: `at least ${least}`,
          fix: `the router needs up to ${forgetSeconds} s to forget a pod: raise it, or leave it out for ${least}`,
        },
      ];
}

/** The whole way out of a pod. */
export function drainPlan({ forgetSeconds, requestSeconds, drainSeconds }: DrainInput): DrainPlan {
  const preStopSeconds = drainSeconds ?? leastDrainSeconds(forgetSeconds);
  return {
    preStopSeconds,
    drainSeconds: processDrainSeconds,
    shutdownSeconds: requestSeconds,
    terminationGraceSeconds: preStopSeconds + processDrainSeconds + requestSeconds + marginSeconds,
  };
}
