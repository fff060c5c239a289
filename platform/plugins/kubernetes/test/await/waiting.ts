import { AwaitError, awaitDeleted, awaitReady } from "../../src/await";
import type { AwaitOperation, KubernetesObject } from "../../src/await";
import type { MemoryCluster } from "./memory-cluster";

/** A wait under way, and what it told so far. */
export interface Waiting {
  readonly told: string[];
  readonly controller: AbortController;
  /** Lets that much time pass. */
  after(milliseconds: number): Promise<void>;
  /** How it ended; undefined while it has not. */
  readonly result: KubernetesObject | "gone" | AwaitError | undefined;
}

/** What a test may set about a wait. */
export interface WaitingOptions {
  readonly operation?: AwaitOperation | "delete";
  readonly timeoutSeconds?: number;
}

/** Starts to wait for an object under jest's fake timers. */
export function startWaiting(
  cluster: MemoryCluster,
  object: KubernetesObject,
  { operation = "create", timeoutSeconds }: WaitingOptions = {},
): Waiting {
  const told: string[] = [];
  const controller = new AbortController();
  let result: Waiting["result"];
  const request = {
    urn: "urn:pulumi:test::demo::kubernetes:any::web",
    object,
    reader: cluster,
    timeoutSeconds,
    signal: controller.signal,
    progress: (text: string) => told.push(text),
    warn: (text: string) => told.push(`warning: ${text}`),
  };
  const outcome =
    operation === "delete"
      ? awaitDeleted(request).then(() => "gone" as const)
      : awaitReady({ ...request, operation });
  outcome.then(
    (value) => (result = value),
    (error: unknown) => {
      if (!(error instanceof AwaitError)) throw error;
      result = error;
    },
  );
  return {
    told,
    controller,
    after: async (milliseconds) => {
      await jest.advanceTimersByTimeAsync(milliseconds);
    },
    get result() {
      return result;
    },
  };
}
