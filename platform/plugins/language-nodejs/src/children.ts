import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";

/** How long an interrupted program may take to end by itself; the engine kills this host after five seconds. */
const GRACE_MILLISECONDS = 3000;

/** How a process ended: with an exit code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The processes this host has started, so that none outlives it. */
export class Children {
  readonly #running = new Set<ChildProcess>();

  constructor(private readonly graceMilliseconds = GRACE_MILLISECONDS) {}

  /** Starts a program. */
  start(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn(command, args, options);
    this.#running.add(child);
    const forget = (): void => {
      this.#running.delete(child);
    };
    child.once("exit", forget);
    child.once("error", forget);
    return child;
  }

  /** Interrupts a child, and kills it if it is still there after the grace. */
  async end(child: ChildProcess): Promise<void> {
    if (!this.#running.has(child)) {
      return;
    }
    const gone = new Promise<void>((resolve) => {
      child.once("exit", () => {
        resolve();
      });
    });
    const kill = setTimeout(() => {
      child.kill("SIGKILL");
    }, this.graceMilliseconds);
    child.kill("SIGINT");
    await gone;
    clearTimeout(kill);
  }

  /** Ends all that is running. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#running].map((child) => this.end(child)));
  }
}

/** Waits until a process has ended and its output is read to the end; rejects when it could not be started. */
export function ended(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      resolve({ code, signal });
    });
  });
}

/** How a program ended, in words; undefined when it ended well. */
export function failure(exit: Exit): string | undefined {
  if (exit.signal === "SIGABRT") {
    return (
      "Program was ended by SIGABRT. If node ran out of memory, give it more in Pulumi.yaml: " +
      "runtime.options.nodeargs: --max-old-space-size=<megabytes>"
    );
  }
  if (exit.signal !== null) {
    return `Program was ended by ${exit.signal}`;
  }
  return exit.code === 0 ? undefined : `Program exited with non-zero exit code: ${String(exit.code)}`;
}
