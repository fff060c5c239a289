import { ApiError, NoMatchError } from "../errors";
import type { KubernetesObject } from "./types";

/** Why waiting ended without success. */
export type AwaitOutcome = "timed out" | "cancelled" | "failed";

/** The object exists, but waiting for it did not end well. */
export class AwaitError extends Error {
  /**
   * @param reasons - all that is known, the headline first.
   * @param object - the object as last seen, which belongs into the state.
   * @param outcome - how the waiting ended.
   */
  constructor(
    readonly reasons: readonly [string, ...string[]],
    readonly object: KubernetesObject,
    readonly outcome: AwaitOutcome,
  ) {
    super(reasons[0]);
    this.name = "AwaitError";
  }
}

/** The HTTP status an error of the reader stands for, if any; a kind the cluster lacks is not found. */
export function statusCode(error: unknown): number | undefined {
  if (error instanceof NoMatchError) return 404;
  return error instanceof ApiError ? error.code : undefined;
}
