import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { runVariable } from "./identity";

/** A process, told from a later one with its number by when it began. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks from the machine's start to the process'. */
  readonly began: string;
}

/** The process of a number, while there is one. */
export function processAt(pid: number): Process | undefined {
  try {
    // The name, in brackets, may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").slice(1).join(") ").split(" ");
    return fields[0] === "Z" ? undefined : { pid, parent: Number(fields[1]), began: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

/** This process. */
export const thisProcess = (): Process =>
  processAt(process.pid) ?? { pid: process.pid, parent: process.ppid, began: "" };

/** Whether a process still runs. */
export const isAlive = ({ pid, began }: Pick<Process, "pid" | "began">): boolean =>
  processAt(pid)?.began === began;

/** Runs by the processes that were started in them, whoever is their parent now. Only this machine's are seen. */
export function processesByRun(): Map<string, Process[]> {
  const found = new Map<string, Process[]>();
  for (const pid of readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)) {
    const id = runIn(pid);
    const running = id === undefined ? undefined : processAt(pid);
    if (id !== undefined && running !== undefined) found.set(id, [...(found.get(id) ?? []), running]);
  }
  return found;
}

export const processesOf = (id: string): Process[] => processesByRun().get(id) ?? [];

function runIn(pid: number): string | undefined {
  try {
    const prefix = `${runVariable}=`;
    const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    return variables.find((variable) => variable.startsWith(prefix))?.slice(prefix.length);
  } catch {
    return undefined; // ended meanwhile, or somebody else's
  }
}

/** Those that none of the others started. */
export function rootsOf(processes: readonly Process[]): Process[] {
  const pids = new Set(processes.map(({ pid }) => pid));
  return processes.filter(({ parent }) => !pids.has(parent));
}

/**
 * Asks the processes of a run to end, and kills those that have not within their time. Only the first ones are asked:
 * a Pulumi that ends in good order needs its plugins until then. Not by an interrupt, which what a shell runs in the
 * background does not hear.
 */
export async function stopProcesses(id: string, graceSeconds: number): Promise<void> {
  const asked = new Set<number>();
  const deadline = Date.now() + graceSeconds * 1000;
  for (let left = processesOf(id); left.length > 0 && Date.now() < deadline; left = processesOf(id)) {
    const next = rootsOf(left).filter(({ pid }) => !asked.has(pid));
    signalAll(next, "SIGTERM");
    for (const { pid } of next) asked.add(pid);
    await sleep(100);
  }
  // What one of them started just before its end is there only now.
  while (processesOf(id).length > 0) {
    signalAll(processesOf(id), "SIGKILL");
    await sleep(50);
  }
}

/** Kills processes that must do nothing more, not even clean up. */
export function kill(processes: readonly Process[]): void {
  signalAll(processes.filter(isAlive), "SIGKILL");
}

function signalAll(processes: readonly Process[], signal: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}
