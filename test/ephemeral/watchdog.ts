import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { destroyRun, type Say } from "./destroy";
import { RunFolder } from "./folder";
import { runVariable } from "./identity";
import { isClean } from "./inventory";
import { type Process, processAt } from "./processes";

/** Where watchdogs write: whoever started them has gone. */
export const watchdogLog = ".local/runs/watchdog.log";

/** What a runner that has cleaned up itself says. */
const dismissal = "done";
const attempts = 3;
const pauseSeconds = 10;
/** A watchdog ends by itself, whatever it waits for: what it could not do is left to `make reap`. */
const longestRescueSeconds = 900;

/** A process that outlives its runner, to do what that no longer can. */
export interface Watchdog {
  readonly process: Process;
  /** Tells it that nothing is left to do, and waits for its end. */
  dismiss(): Promise<void>;
}

/**
 * Starts a watchdog of a run. It holds the other end of a pipe that nothing but this process has: when it ends without a
 * word, so has this process, however it was killed. It has a session of its own, so that no terminal takes it along.
 */
export function startWatchdog(id: string): Watchdog {
  mkdirSync(".local/runs", { recursive: true });
  const log = openSync(watchdogLog, "a");
  const child = spawn(process.execPath, [process.argv[1] ?? "", "watch", id], {
    detached: true,
    stdio: ["pipe", log, log],
    // Not one of the run's processes, which it is to end.
    env: { ...process.env, [runVariable]: undefined },
  });
  closeSync(log);
  child.unref();
  const pipe = child.stdin as Socket;
  pipe.unref();
  // It may have been killed.
  pipe.on("error", () => undefined);
  const pid = child.pid ?? 0;
  return {
    process: processAt(pid) ?? { pid, parent: process.pid, began: "" },
    dismiss: async () => {
      pipe.end(dismissal);
      child.ref();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

/** A watchdog's own life: waits for its runner's end, and destroys what that left. Its exit code. */
export async function watch(id: string, say: Say): Promise<number> {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
  if ((await readAll(process.stdin)) === dismissal) return 0;
  setTimeout(() => process.exit(1), longestRescueSeconds * 1000).unref();
  const record = new RunFolder(id).read();
  if (record === undefined) return 0;
  say(`run ${id}: its runner is gone, destroying`);
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const inventory = await destroyRun({ ...record, id }, say);
    if (isClean(inventory)) {
      say(`run ${id}: nothing is left`);
      return 0;
    }
    say(`run ${id}: ${[...inventory.left, ...inventory.unseen].join("; ")}`);
    if (attempt < attempts) await sleep(pauseSeconds * 1000);
  }
  return 1;
}

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}
