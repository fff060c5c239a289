import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** What a runner is doing, as its own lines tell. */
export type Phase = "start" | "up" | "command" | "destroy" | "end";

/** Longest that one run may take before a campaign gives up on it. */
const longestRunSeconds = 420;

/** A runner of a test stack, started the way a person starts it, and watched from the outside. */
export class Runner {
  /** The run's id, once it has told it. */
  id = "";
  private readonly child: ChildProcess;
  private readonly reached = new Map<Phase, number>();
  private listeners: (() => void)[] = [];
  private readonly ended: Promise<number | string>;

  /** @param echo - gets every line it writes */
  constructor(args: readonly string[], env: Readonly<Record<string, string>>, echo: (line: string) => void) {
    this.child = spawn(process.execPath, [process.argv[1] ?? "", "up", ...args], {
      // A group of its own, as a shell gives it: an interrupt of its terminal reaches nobody else.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.reach("start");
    for (const stream of [this.child.stdout, this.child.stderr]) {
      let rest = "";
      stream?.on("data", (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) this.hear(line, echo);
      });
    }
    this.ended = once(this.child, "exit").then(([code, signal]) => {
      this.reach("end");
      return (code as number | null) ?? String(signal);
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Waits until it is in a phase, or past all of them. */
  async until(phase: Phase): Promise<void> {
    while (!this.reached.has(phase) && !this.reached.has("end")) {
      await new Promise<void>((resolve) => this.listeners.push(resolve));
    }
  }

  /** Its exit code, or the signal that ended it; fails where it takes too long. */
  async end(): Promise<number | string> {
    const timer = setTimeout(() => this.child.kill("SIGTERM"), longestRunSeconds * 1000);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Seconds from one phase to another; undefined where it never came there. */
  seconds(from: Phase, to: Phase): number | undefined {
    const [start, end] = [this.reached.get(from), this.reached.get(to)];
    return start === undefined || end === undefined ? undefined : (end - start) / 1000;
  }

  private hear(line: string, echo: (line: string) => void): void {
    echo(line);
    const text = line.replace(/^\[[^\]]*\] /, "");
    this.id ||= /^run (\S+): stack/.exec(text)?.[1] ?? "";
    const phase = /^(up|command|destroy)(:|$)/.exec(text)?.[1];
    if (phase !== undefined) this.reach(phase as Phase);
  }

  private reach(phase: Phase): void {
    this.reached.set(phase, Date.now());
    const woken = this.listeners;
    this.listeners = [];
    for (const wake of woken) wake();
  }
}
