import { spawn } from "node:child_process";

/** How a command ended and what it said. */
export interface Finished {
  readonly code: number;
  /** Standard output alone. */
  readonly stdout: string;
  /** Standard output and standard error as they came. */
  readonly output: string;
  readonly seconds: number;
}

export interface CommandOptions {
  /** Killed when it takes longer. @default 240 */
  readonly deadlineSeconds?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with every piece of output, for acting in the middle of a run. */
  readonly onOutput?: (text: string) => void;
  /** Ends the command (SIGINT) when aborted. */
  readonly signal?: AbortSignal;
}

/** Runs a command to its end, whatever its exit code. Its process group is killed at the deadline. */
export function run(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Finished> {
  const { deadlineSeconds = 240, env = {}, onOutput, signal } = options;
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let stdout = "";
    let output = "";
    const end = (by: NodeJS.Signals) => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, by);
    };
    const deadline = setTimeout(() => {
      output += `\n(killed after ${deadlineSeconds} s)`;
      end("SIGKILL");
    }, deadlineSeconds * 1000);
    const interrupt = () => {
      end("SIGINT");
    };
    signal?.addEventListener("abort", interrupt, { once: true });
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      output += chunk.toString();
      onOutput?.(chunk.toString());
    });
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      onOutput?.(chunk.toString());
    });
    child.on("error", (error) => {
      clearTimeout(deadline);
      reject(error);
    });
    child.on("close", (code) => {
      clearTimeout(deadline);
      signal?.removeEventListener("abort", interrupt);
      resolve({ code: code ?? 1, stdout, output, seconds: (Date.now() - started) / 1000 });
    });
  });
}

/** Runs a command that must succeed; its standard output. */
export async function must(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const finished = await run(command, args, options);
  if (finished.code !== 0) {
    throw new Error(`${command} ${args.join(" ")} ended with ${finished.code}:\n${finished.output}`);
  }
  return finished.stdout;
}

/** Asks until the answer is there; fails at the deadline with what was seen last. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { deadlineSeconds = 60, everySeconds = 0.5 } = {},
): Promise<T> {
  const started = Date.now();
  let last = "no answer yet";
  while ((Date.now() - started) / 1000 < deadlineSeconds) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      last = "not so yet";
    } catch (error) {
      last = String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, everySeconds * 1000));
  }
  throw new Error(`${what}: not within ${deadlineSeconds} s; last: ${last}`);
}
