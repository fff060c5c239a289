import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import { clearTimeout, setTimeout } from "node:timers";

/** How long a command may take to tidy up after it was asked to end. */
const graceSeconds = 60;
const running = new Set();
let interrupted = false;

/** Asks every running command to end, and refuses new ones until `resume`. */
export function interrupt() {
  interrupted = true;
  for (const end of running) end();
}

/** Allows commands again, for what has to be removed. */
export function resume() {
  interrupted = false;
}

/**
 * Runs a command to its end, whatever its exit code. It has a process group of its own: Ctrl-C reaches it by
 * `interrupt` only, so that a `pulumi up` is asked once and all its helpers live until it is done.
 */
export function run(command, args, { cwd, env = {}, input, deadlineSeconds = 120 } = {}) {
  if (interrupted) throw new Error("interrupted");
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    const chunks = { stdout: [], output: [] };
    let late = "";
    const timers = [];
    const end = () => {
      child.kill("SIGINT");
      timers.push(setTimeout(() => killGroup(child), graceSeconds * 1000));
    };
    const finish = () => {
      timers.forEach(clearTimeout);
      running.delete(end);
    };
    const outOfTime = () => {
      late = `\n(ended after its ${deadlineSeconds} s)`;
      end();
    };
    timers.push(setTimeout(outOfTime, deadlineSeconds * 1000));
    running.add(end);
    child.stdout.on("data", (chunk) => chunks.stdout.push(chunk) && chunks.output.push(chunk));
    child.stderr.on("data", (chunk) => chunks.output.push(chunk));
    // A command that ends before it has read all is judged by its exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.on("error", (error) => {
      finish();
      const isMissing = error.code === "ENOENT";
      reject(isMissing ? new Error(`${command} is not on PATH; run '. platform/env' first`) : error);
    });
    child.on("close", (code) => {
      const seconds = (performance.now() - started) / 1000;
      const [stdout, output] = [chunks.stdout, chunks.output].map((part) => Buffer.concat(part).toString());
      finish();
      resolve({ code: late === "" ? (code ?? 1) : 1, stdout, output: output + late, seconds });
    });
  });
}

function killGroup(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** Runs a command that must succeed. */
export async function must(command, args, options) {
  const finished = await run(command, args, options);
  if (interrupted) throw new Error("interrupted");
  if (finished.code !== 0) {
    const tail = finished.output.trimEnd().split("\n").slice(-30).join("\n");
    const shown = [command, ...args].join(" ").replace(/\s+/g, " ").slice(0, 120);
    throw new Error(`'${shown}' ended with ${finished.code}:\n${tail}`);
  }
  return finished;
}
