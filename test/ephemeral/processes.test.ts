import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { isAlive, kill, processAt, processesOf, rootsOf, stopProcesses, thisProcess } from "./processes";

const id = "261129120030-pr0c";
const started: ChildProcess[] = [];

/** A shell of a run that says so once its script has begun. */
async function start(
  script: string,
  env: Record<string, string> = { TWINSTACK_RUN_ID: id },
): Promise<ChildProcess> {
  const child = spawn("sh", ["-c", script], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  started.push(child);
  await once(child.stdout, "data");
  return child;
}

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

test("a run's processes are found by what they were started with, their children too", async () => {
  const child = await start("sleep 60 & echo ready; wait");
  await start("echo ready; exec sleep 60", { TWINSTACK_RUN_ID: "261129120030-othr" });
  const found = processesOf(id);
  expect(found).toHaveLength(2);
  expect(rootsOf(found).map(({ pid }) => pid)).toEqual([child.pid]);
  await stopProcesses(id, 5);
  expect(processesOf(id)).toEqual([]);
  expect(processesOf("261129120030-othr")).toHaveLength(1);
});

test("one that does not listen is killed after its time", async () => {
  const child = await start('trap "" TERM; echo ready; while :; do sleep 0.1; done');
  const begun = Date.now();
  const exit = once(child, "exit");
  await stopProcesses(id, 1);
  expect(await exit).toEqual([null, "SIGKILL"]);
  expect(Date.now() - begun).toBeGreaterThanOrEqual(1000);
});

test("one that ends in good order has the time for it", async () => {
  const child = await start('trap "sleep 0.3; exit 3" TERM; echo ready; while :; do sleep 0.1; done');
  const exit = once(child, "exit");
  await stopProcesses(id, 5);
  expect(await exit).toEqual([3, null]);
});

test("a process is told from a later one with its number", async () => {
  const me = thisProcess();
  expect(isAlive(me)).toBe(true);
  expect(isAlive({ ...me, began: "1" })).toBe(false);
  const child = await start("echo ready; exec sleep 60");
  const running = processAt(child.pid ?? 0);
  const exit = once(child, "exit");
  kill(running === undefined ? [] : [running]);
  await exit;
  expect(running !== undefined && isAlive(running)).toBe(false);
});
