import type { types } from "@pulumi/kubernetes";
import { leastBudgetSeconds, type Path, type ProbePatience, type Problem, probeTiming, show } from "../core";

type Probe = types.input.core.v1.Probe;

/** How soon what goes wrong with a pod is noticed. */
export interface ProbeBudgets {
  /**
   * A process that has not started by then is started again.
   * @default 30
   */
  readonly startupSeconds?: number | undefined;
  /**
   * A pod that says it is not ready, or says nothing, gets no new requests after this.
   * @default 5
   */
  readonly unreadySeconds?: number | undefined;
  /**
   * A hung process is restarted after this; longer than `unreadySeconds`.
   * @default 20
   */
  readonly hungSeconds?: number | undefined;
}

/** What the probes ask. Readiness and liveness ask different things: an overloaded pod must be spared, not killed. */
export interface ProbeQuestions {
  /** Asks whether the process answers at all. */
  readonly alive: Probe;
  /** Asks whether it wants requests now. */
  readonly ready: Probe;
}

/** The probes of a container. */
export interface Probes {
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}

/** One slow answer is no reason for anything, and a restart needs more proof than a pause. */
const unready: ProbePatience = { failures: 2, timeoutSeconds: 1 };
const hung: ProbePatience = { failures: 3, timeoutSeconds: 2 };

/** A hung process can't drain: kill it rather than wait for the whole way out. */
const hungGraceSeconds = 1;

const withDefaults = ({ startupSeconds = 30, unreadySeconds = 5, hungSeconds = 20 }: ProbeBudgets) => ({
  startupSeconds,
  unreadySeconds,
  hungSeconds,
});

/** What is wrong with the budgets: too small to meet, or a restart before the pod is even out of traffic. */
export function probeProblems(budgets: ProbeBudgets, path: Path): Problem[] {
  const { startupSeconds, unreadySeconds, hungSeconds } = withDefaults(budgets);
  const rules = [
    ["startupSeconds", startupSeconds, 2, "no probe can tell sooner"],
    ["unreadySeconds", unreadySeconds, leastBudgetSeconds(unready), "no probe can tell sooner"],
    [
      "hungSeconds",
      hungSeconds,
      Math.max(leastBudgetSeconds(hung), unreadySeconds + 1),
      "a pod must be out of traffic before it is restarted",
    ],
  ] as const;
  return rules.flatMap(([key, found, least, fix]) =>
    found >= least ? [] : [{ path: [...path, key], found: show(found), allowed: `at least ${least}`, fix }],
  );
}

/** The probes that meet the budgets and ask no more often than they must. */
export function probes({ alive, ready }: ProbeQuestions, budgets: ProbeBudgets = {}): Probes {
  const { startupSeconds, unreadySeconds, hungSeconds } = withDefaults(budgets);
  return {
    // Asked every second, whatever the budget: the others only begin once it has passed.
    startupProbe: {
      ...alive,
      ...probeTiming(startupSeconds, { failures: startupSeconds - 1, timeoutSeconds: 1 }),
    },
    livenessProbe: {
      ...alive,
      ...probeTiming(hungSeconds, hung),
      terminationGracePeriodSeconds: hungGraceSeconds,
    },
    readinessProbe: { ...ready, ...probeTiming(unreadySeconds, unready) },
  };
}
