import { spawn } from "node:child_process";
import type { TestRun } from "../../components/core/labels";
import type { Description } from "../../stacks/schema";
import type { UpOptions } from "./arguments";
import { Cluster } from "./cluster";
import {
  contextsOf,
  contextOf,
  derived,
  freePorts,
  isShape,
  marked,
  type PinnedImages,
  portCount,
  readDescription,
  registryOf,
} from "./description";
import { destroyRun, type Say } from "./destroy";
import { RunFolder } from "./folder";
import { namespaceOf, newRun, runVariable, showDuration, stackOf } from "./identity";
import { isClean } from "./inventory";
import { stopProcesses, thisProcess } from "./processes";
import { RunStack, type StackOutputs } from "./pulumi";
import { pinned } from "./registry";
import { startWatchdog } from "./watchdog";

/** Exit codes beside the command's own. */
export const exitCodes = { noStack: 70, leftOver: 75 } as const;

/** How long a command may take to end once it was told to. */
const commandGraceSeconds = 10;

/** Makes a stack, runs the command against it, and destroys it whatever happens. Its exit code. */
export async function up(options: UpOptions, say: Say): Promise<number> {
  const interruption = interruptible(say);
  const source = isShape(options.spec)
    ? `stacks/Pulumi.${process.env["STACK"] ?? "local"}.yaml`
    : options.spec;
  const base = readDescription(source);
  const run = newRun(options.ttlSeconds);
  const description = await describe(base, options, run);
  const target = { id: run.id, contexts: contextsOf(description), registry: registryOf(description) };
  say(`run ${run.id}: stack ${stackOf(run.id)}, to be there for at most ${showDuration(run.ttlSeconds)}`);

  const folder = new RunFolder(run.id);
  folder.write({ run, ...target, keepers: [thisProcess()] });
  const watchdog = startWatchdog(run.id);
  folder.write({ run, ...target, keepers: [thisProcess(), watchdog.process] });

  let code = await use(new RunStack(run.id), { description, command: options.run, interruption, say });
  say("destroy");
  const inventory = await destroyRun(target, say);
  if (isClean(inventory)) {
    say("destroyed: nothing is left");
  } else {
    for (const thing of inventory.left) say(`left: ${thing}`);
    for (const reason of inventory.unseen) say(`not looked at: ${reason}`);
    say("run `make reap` once its time is over, or sooner with OLDER_THAN=0s");
    code = exitCodes.leftOver;
  }
  await watchdog.dismiss();
  return code;
}

/** What a command is run against, and how it may be stopped. */
interface Use {
  readonly description: Description;
  readonly command: string;
  readonly interruption: Interruption;
  readonly say: Say;
}

/** Brings the stack up and runs the command; the exit code of what ended it. */
async function use(stack: RunStack, { description, command, interruption, say }: Use): Promise<number> {
  try {
    interruption.signal.throwIfAborted();
    await stack.create(description);
    interruption.signal.throwIfAborted();
    say("up");
    await stack.up(interruption.signal);
    const outputs = await stack.outputs();
    interruption.signal.throwIfAborted();
    say(`command: ${command}`);
    const code = await runCommand(
      command,
      environmentOf(stack.id, outputs, description),
      interruption.signal,
    );
    say(`command ended with ${code}`);
    return interruption.exitCode ?? code;
  } catch (error) {
    if (interruption.exitCode !== undefined) return interruption.exitCode;
    say(`no stack: ${(error as Error).message}`);
    return exitCodes.noStack;
  }
}

/** A run's description: of a shape, or the one of a file. */
async function describe(base: Description, { spec, image }: UpOptions, run: TestRun): Promise<Description> {
  const clusters = contextsOf(base).map((context) => new Cluster(context));
  for (const cluster of clusters) {
    if (await cluster.answers()) continue;
    throw new Error(`cluster ${cluster.context} does not answer; run 'make up' first`);
  }
  const web = image === undefined ? {} : { web: image };
  if (!isShape(spec)) return marked(base, { run, images: web });
  const taken = (await Promise.all(clusters.map((cluster) => cluster.nodePorts()))).flat();
  const images = { ...(await pinnedImages(base)), ...web };
  return derived(base, spec, { run, images, ports: freePorts(taken, portCount[spec], run.id) });
}

/** What others made is run by digest: mirroring it for every run would only take time. */
async function pinnedImages({ images }: Description): Promise<PinnedImages> {
  const { nginx, valkey, mysql, etcd } = images;
  const named = Object.entries({ nginx, valkey, mysql, etcd }).flatMap(([role, image]) =>
    image === undefined ? [] : [[role, image] as const],
  );
  return Object.fromEntries(
    await Promise.all(named.map(async ([role, image]) => [role, await pinned(image)] as const)),
  );
}

/** What a command is told of the stack. */
export function environmentOf(
  id: string,
  { endpoints, image }: StackOutputs,
  { regions }: Description,
): Record<string, string> {
  const upper = (region: string): string => region.toUpperCase().replaceAll("-", "_");
  const each = Object.entries(regions).sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    [runVariable]: id,
    TWINSTACK_STACK: stackOf(id),
    TWINSTACK_NAMESPACE: namespaceOf(id),
    TWINSTACK_IMAGE: image,
    TWINSTACK_REGIONS: each.map(([region]) => region).join(" "),
    TWINSTACK_ENDPOINT: endpoints[each[0]?.[0] ?? ""] ?? "",
    ...Object.fromEntries(
      each.flatMap(([region, of]) => [
        [`TWINSTACK_ENDPOINT_${upper(region)}`, endpoints[region] ?? ""],
        [`TWINSTACK_CONTEXT_${upper(region)}`, contextOf(of)],
      ]),
    ),
  };
}

/** Runs the command on this terminal until the signal asks it to end; its exit code as a shell tells it. */
async function runCommand(
  command: string,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<number> {
  const child = spawn("sh", ["-c", command], { stdio: "inherit", env: { ...process.env, ...env } });
  const ended = new Promise<number>((resolve) => {
    child.on("error", () => {
      resolve(127);
    });
    child.on("exit", (code, by) => {
      resolve(code ?? signalCode(by));
    });
  });
  const stop = () => void stopProcesses(env[runVariable] ?? "", commandGraceSeconds);
  signal.addEventListener("abort", stop, { once: true });
  const code = await ended;
  signal.removeEventListener("abort", stop);
  return code;
}

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

const signalCode = (signal: NodeJS.Signals | null): number => 128 + (signalNumbers[signal ?? ""] ?? 0);

/** Whether somebody asked us to end. */
interface Interruption {
  readonly signal: AbortSignal;
  /** As a shell tells it; undefined while nobody has. */
  readonly exitCode: number | undefined;
}

/** From here on a signal ends the run in good order, and only once. */
function interruptible(say: Say): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      say(exitCode === undefined ? `${signal}: ending, and destroying what was made` : "still destroying");
      exitCode ??= signalCode(signal);
      controller.abort();
    });
  }
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
  };
}
