import { type Path, type Problem, show } from "../core";

/**
 * When a write is acknowledged.
 *
 * - `async`: once the writer has it. What other regions don't have when the writer is lost is lost with it.
 * - `semi-sync`: once another region has it too. Without one in step, writes wait; if that lasts, the loss of the promise
 *   is recorded before writes go on.
 * - `group`: once a majority of the members agreed on it. The members vote for the writer themselves.
 */
export const replicationModes = ["async", "semi-sync", "group"] as const;
export type ReplicationMode = (typeof replicationModes)[number];

/**
 * A mode and what it promises. RPO: seconds of acknowledged writes that may be lost with a region. With `async` nobody
 * can promise a number, so that asking for one does not compile.
 */
export type Replication =
  | { readonly mode: "async"; readonly rpoSeconds?: undefined }
  | {
      readonly mode: Exclude<ReplicationMode, "async">;
      /**
       * The loss that whoever uses the database counts on. Refused where the mode can't promise it.
       * @default 0, which is what the mode promises
       */
      readonly rpoSeconds?: 0 | undefined;
    };

/** What whoever uses the database can count on. */
export interface DataPromise {
  readonly mode: ReplicationMode;
  /** Seconds of acknowledged writes that may be lost with a region. */
  readonly rpoSeconds: 0 | "unbounded";
  /** From the loss of the writer until another region takes writes. */
  readonly rtoSeconds: number;
}

/** What is wrong with a promise that was asked for. */
export function replicationProblems(
  { mode, rpoSeconds }: { readonly mode: ReplicationMode; readonly rpoSeconds?: number | undefined },
  path: Path,
): Problem[] {
  if (rpoSeconds === undefined || (mode !== "async" && rpoSeconds === 0)) return [];
  const wrong = { path: [...path, "rpoSeconds"], found: show(rpoSeconds) };
  return mode === "async"
    ? [
        {
          ...wrong,
          allowed: `left out with mode "async"`,
          fix: `it acknowledges writes that no other region has: set mode to "semi-sync" or "group" for 0`,
        },
      ]
    : [{ ...wrong, allowed: `0 with mode ${show(mode)}`, fix: "it loses no acknowledged write" }];
}

/** Whether the site that only votes has a member of the database too: a vote of two has no majority without both. */
export const needsWitnessMember = (mode: ReplicationMode): boolean => mode === "group";

/** Longest each step of a way back takes. The lease's own arithmetic is in services/internal/lease. */
const steps = {
  /** The store looks for leases that ran out every half second. */
  expirySeconds: 0.5,
  /** The members' own vote: five seconds of silence, then the election. Measured with the settings in mysql-config.ts. */
  voteSeconds: 7,
  /** What was received is applied, and the database opened. */
  promotionSeconds: 2,
  /** Clients' connections are led to the new writer. */
  routeSeconds: 1,
} as const;

/**
 * From the loss of the writer's region until another one takes writes, in whole seconds. The writer's own fence is no step
 * of its own: it ends before its lease does. A vote of the members runs at the same time as the lease.
 */
export function recoverySeconds({
  mode,
  leaseSeconds,
}: {
  readonly mode: ReplicationMode;
  readonly leaseSeconds: number;
}): number {
  const expired = leaseSeconds + steps.expirySeconds;
  const decided = mode === "group" ? Math.max(expired, steps.voteSeconds) : expired;
  return Math.ceil(decided + steps.promotionSeconds + steps.routeSeconds);
}

/** The promise of a mode. */
export const promiseOf = (mode: ReplicationMode, leaseSeconds: number): DataPromise => ({
  mode,
  rpoSeconds: mode === "async" ? "unbounded" : 0,
  rtoSeconds: recoverySeconds({ mode, leaseSeconds }),
});
