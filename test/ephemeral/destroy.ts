import { setTimeout as sleep } from "node:timers/promises";
import { removePulumiFiles } from "./backend";
import { Cluster } from "./cluster";
import { RunFolder } from "./folder";
import { isRunId } from "./identity";
import { clusterInventory, type Inventory, objectsOf, takeInventory, type Target } from "./inventory";
import { type ClusterObject, show, sweepPlan, type SweepRank } from "./objects";
import { stopProcesses } from "./processes";
import { RunStack } from "./pulumi";
import { Registry } from "./registry";

/** A line of progress. */
export type Say = (text: string) => void;

/** How long what was in the middle of something may take to end in good order. */
const graceSeconds = 30;
/** How long objects may take to go once they were told to. */
const settleSeconds = 90;
/** How long a sweep waits for objects of one rank before it goes on, and lets go of those that hold on. */
const sweepSeconds = 20;

/**
 * Removes everything that is there because of a run, whatever state it is in, and says what is left. May be repeated:
 * where nothing is there it does nothing.
 */
export async function destroyRun(target: Target, say: Say): Promise<Inventory> {
  const { id, contexts } = target;
  // Whatever has no run's id is somebody's.
  if (!isRunId(id)) throw new Error(`${JSON.stringify(id)} is no id of a run: nothing is destroyed`);
  await stopProcesses(id, graceSeconds);
  const away = await silent(contexts);
  for (const context of away)
    say(`cluster ${context} does not answer: what is there is left to a later reap`);
  // Pulumi's commands work in it, be it lost or not.
  new RunFolder(id).create();
  await attempt(say, () => destroyStack(new RunStack(id), away.length > 0, say));
  const there = contexts.filter((context) => !away.includes(context));
  if (!(await settled({ ...target, contexts: there }, 0))) await sweepAll(id, there, say);
  const cleared = await settled({ ...target, contexts: there }, settleSeconds);
  // A later attempt may need the state to finish.
  if (cleared) await attempt(say, () => forget(target));
  return takeInventory(target);
}

/** Clusters that don't answer. */
async function silent(contexts: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(contexts.map((context) => new Cluster(context).answers()));
  return contexts.filter((_, index) => answers[index] === false);
}

/** Pulumi's own destroy, which knows what depends on what. */
async function destroyStack(stack: RunStack, forgetUnreachable: boolean, say: Say): Promise<void> {
  if (!(await stack.exists())) return;
  await attempt(say, () => stack.unlock());
  try {
    await stack.destroy(forgetUnreachable);
  } catch (error) {
    say(`destroy failed, and is tried again with a repaired state: ${firstLine(error)}`);
    await stack.repair(forgetUnreachable);
    await stack.destroy(forgetUnreachable);
  }
}

/** Waits until none of a run's objects is in its clusters; false where some still are. */
async function settled(target: Target, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const { left, unseen } = await clusterInventory(target);
    if (left.length === 0 && unseen.length === 0) return true;
    if (Date.now() >= deadline) return false;
    await sleep(1000);
  }
}

/** Deletes what Pulumi does not know of, or no longer. */
async function sweepAll(id: string, contexts: readonly string[], say: Say): Promise<void> {
  await Promise.all(contexts.map((context) => attempt(say, () => sweep(id, context, say))));
}

async function sweep(id: string, context: string, say: Say): Promise<void> {
  const cluster = new Cluster(context);
  for (const [rank, objects] of sweepPlan(id, await objectsOf(id, context))) {
    say(`sweep of ${rank}: ${objects.map(show).join(", ")}`);
    for (const group of byNamespace(objects)) await sweepGroup(cluster, rank, group);
  }
}

async function sweepGroup(cluster: Cluster, rank: SweepRank, objects: ClusterObject[]): Promise<void> {
  const complaint = await cluster.delete(objects, sweepSeconds);
  // Whoever was to tidy up after a custom resource is gone with the run.
  if (complaint === undefined || rank !== "custom resources") return;
  for (const object of objects) await cluster.release(object);
}

function byNamespace(objects: readonly ClusterObject[]): ClusterObject[][] {
  const namespaces = [...new Set(objects.map(({ namespace }) => namespace))];
  return namespaces.map((each) => objects.filter(({ namespace }) => namespace === each));
}

/** Removes what tells of a run that is gone: its images, its state, its files. */
async function forget({ id, registry }: Target): Promise<void> {
  const images = new Registry(registry);
  for (const tag of await images.tagsOf(id).catch(() => [])) await images.remove(tag);
  const stack = new RunStack(id);
  if (await stack.exists()) await stack.remove();
  removePulumiFiles(id);
  new RunFolder(id).remove();
}

/** One step of several that are all tried: what it could not do shows in the inventory. */
async function attempt(say: Say, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    say(firstLine(error, 10));
  }
}

const firstLine = (error: unknown, lines = 1): string =>
  (error as Error).message.split("\n").slice(0, lines).join("\n");
