import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../scenarios/support/command";
import type { ChaosOptions } from "./arguments";
import { breakRun, ended, keepersOf, Kubeconfig } from "./break";
import { contextsOf, readDescription, registryOf } from "./description";
import type { Say } from "./destroy";
import { type Fault, faults, plan, type PlannedRun } from "./faults";
import { isClean, takeInventory, type Target } from "./inventory";
import { Runner } from "./runner";
import { table } from "./table";

/** What came of one run. */
export interface Result {
  readonly fault: Fault | undefined;
  readonly id: string;
  /** Exit code, or the signal that ended it. */
  readonly ended: number | string;
  readonly cleanedBy: "runner" | "watchdog" | "reaper";
  /** What is there at the very end, or could not be looked at. */
  readonly left: readonly string[];
  /** Undefined where it never came so far. */
  readonly upSeconds: number | undefined;
  readonly destroySeconds: number | undefined;
  readonly seconds: number;
}

/** What the runs of a campaign have in common. */
interface Campaign {
  readonly kubeconfig: Kubeconfig;
  readonly image: string | undefined;
  readonly places: Omit<Target, "id">;
  readonly say: Say;
}

/** A command that is right only if the stack answers; long enough to be broken off. */
const command = 'curl -fsS -o /dev/null --max-time 10 "$TWINSTACK_ENDPOINT/ready" && sleep 3';

const watchdogSeconds = 600;

/** Runs test stacks, breaks some, cleans up, and asserts that nothing is left of any. Its exit code. */
export async function chaos({ runs, seed, faults: asked, image }: ChaosOptions, say: Say): Promise<number> {
  const planned = plan(runs, seed, asked);
  const broken = planned.filter(({ fault }) => fault !== undefined).length;
  say(`chaos: ${runs} runs, ${broken} of them with a fault, seed ${seed}`);
  const description = readDescription(`stacks/Pulumi.${process.env["STACK"] ?? "local"}.yaml`);
  const places = { contexts: contextsOf(description), registry: registryOf(description) };
  const folder = mkdtempSync(join(tmpdir(), "twinstack-chaos-"));
  try {
    const campaign = { kubeconfig: await Kubeconfig.copy(folder), image, places, say };
    const results: Result[] = [];
    const interruption = interruptible(say);
    for (const [index, each] of planned.entries()) {
      say(`run ${index + 1} of ${runs}: ${each.fault === undefined ? "no fault" : faults[each.fault]}`);
      const result = await oneRun(each, campaign).catch((error: unknown) => failed(each, error));
      say(`run ${index + 1} of ${runs}: cleaned by ${result.cleanedBy}, ${result.left.length} left`);
      for (const thing of result.left) say(`  left: ${thing}`);
      results.push(result);
      if (interruption.aborted) break;
    }
    say(`\n${summary(results)}`);
    return results.length === runs && results.every(isGood) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A campaign ends between two runs: the one under way cleans up first. */
function interruptible(say: Say): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      say(`${signal}: ending after this run`);
      controller.abort();
    });
  }
  return controller.signal;
}

/** A run that nobody broke must end well by itself, and nothing may be left of any. */
export const isGood = ({ fault, ended, left, cleanedBy }: Result): boolean =>
  left.length === 0 && (fault !== undefined || (ended === 0 && cleanedBy === "runner"));

/** A run of which nobody knows what it left. */
const failed = ({ fault }: PlannedRun, error: unknown): Result => ({
  fault,
  id: "-",
  ended: "-",
  cleanedBy: "reaper",
  left: [(error as Error).message],
  upSeconds: undefined,
  destroySeconds: undefined,
  seconds: 0,
});

async function oneRun({ fault, moment }: PlannedRun, campaign: Campaign): Promise<Result> {
  const { kubeconfig, image, places, say } = campaign;
  const started = Date.now();
  const chosen = fault === "half-failed-up" ? missingImage(places.registry) : image;
  const args = ["--ttl", "1h", "--run", command, ...(chosen === undefined ? [] : ["--image", chosen])];
  const runner = new Runner(args, { KUBECONFIG: kubeconfig.path }, (line) => {
    say(`  ${line}`);
  });
  await runner.until("up");
  if (runner.id === "") throw new Error("the runner ended before it had a run");
  const keepers = keepersOf(runner.id);
  if (fault !== undefined) await breakRun(fault, { runner, kubeconfig, moment, say });
  const end = await runner.end();
  kubeconfig.restore();
  const target = { id: runner.id, ...places };
  await ended(keepers, watchdogSeconds);
  const cleanedBy = isClean(await takeInventory(target))
    ? typeof end === "number"
      ? "runner"
      : "watchdog"
    : "reaper";
  await reapNow(runner.id, say);
  const { left, unseen } = await takeInventory(target);
  return {
    fault,
    id: runner.id,
    ended: end,
    cleanedBy,
    left: [...left, ...unseen],
    upSeconds: runner.seconds("up", "command"),
    destroySeconds: runner.seconds("destroy", "end"),
    seconds: (Date.now() - started) / 1000,
  };
}

/** An image that the registry does not have. */
const missingImage = (registry: string): string => `${registry}/missing/web@sha256:${"0".repeat(64)}`;

/** `make reap`, for one run, however young it is. */
async function reapNow(id: string, say: Say): Promise<void> {
  const args = [process.argv[1] ?? "", "reap", "--older-than", "0s", "--only", id];
  const { output } = await run(process.execPath, args, { deadlineSeconds: 400 });
  for (const line of output.trimEnd().split("\n")) say(`  reap: ${line}`);
}

/** A table of a campaign, and its verdict. */
export function summary(results: readonly Result[]): string {
  const time = (seconds: number | undefined): string => (seconds === undefined ? "-" : seconds.toFixed(1));
  const rows = results.map((result, index) => [
    String(index + 1),
    result.id,
    result.fault ?? "-",
    String(result.ended),
    result.cleanedBy,
    time(result.upSeconds),
    time(result.destroySeconds),
    time(result.seconds),
    String(result.left.length),
  ]);
  const head = ["#", "run", "fault", "ended", "cleaned by", "up s", "destroy s", "all s", "left"];
  const left = results.flatMap(({ left }) => left);
  const broken = results.filter(({ fault }) => fault !== undefined).length;
  const bad = results.filter((result) => !isGood(result)).length;
  return [
    table(head, rows),
    ...left.map((thing) => `left: ${thing}`),
    `${results.length} runs, ${broken} with a fault: ${left.length} left over, ${bad} not as they must be`,
  ].join("\n");
}
