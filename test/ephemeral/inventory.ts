import { setTimeout as sleep } from "node:timers/promises";
import { pulumiFiles } from "./backend";
import { Cluster } from "./cluster";
import { RunFolder } from "./folder";
import { stackOf } from "./identity";
import { belongsTo, type ClusterObject, show } from "./objects";
import { processesOf } from "./processes";
import { stackNames } from "./pulumi";
import { Registry } from "./registry";

/** A run, and where it may have left something. */
export interface Target {
  readonly id: string;
  /** The kubeconfig contexts of its clusters. */
  readonly contexts: readonly string[];
  /** Host of the registry that images of its own would be in. */
  readonly registry: string;
}

/** What is there because of a run, as those say who hold it; Pulumi's word is only asked about its own state. */
export interface Inventory {
  /** One line a thing. */
  readonly left: readonly string[];
  /** Where nobody could look, with the reason: nothing is proven there. */
  readonly unseen: readonly string[];
}

const attempts = 3;
const pauseSeconds = 2;

/** What a look at one place found. */
type Look = Promise<readonly string[]>;

/** Looks everywhere. */
export async function takeInventory(target: Target): Promise<Inventory> {
  const { id, contexts, registry } = target;
  return together([
    ...contexts.map((context) => look(() => lookAtCluster(id, context))),
    look(() => lookAtBackend(id)),
    look(async () =>
      (await new Registry(registry).tagsOf(id)).map((tag) => `image ${tag.repository}:${tag.tag}`),
    ),
    look(() => Promise.resolve(lookAtMachine(id))),
  ]);
}

/** Looks at the clusters only. */
export const clusterInventory = ({ id, contexts }: Target): Promise<Inventory> =>
  together(contexts.map((context) => look(() => lookAtCluster(id, context))));

/** Whether it is proven that nothing is left. */
export const isClean = ({ left, unseen }: Inventory): boolean => left.length === 0 && unseen.length === 0;

/** A run's objects of one cluster. */
export async function objectsOf(id: string, context: string): Promise<ClusterObject[]> {
  return (await new Cluster(context).objects()).filter((object) => belongsTo(id, object));
}

const lookAtCluster = async (id: string, context: string): Look => (await objectsOf(id, context)).map(show);

async function lookAtBackend(id: string): Look {
  const known = (await stackNames()).includes(stackOf(id)) ? [`Pulumi stack ${stackOf(id)}`] : [];
  return [...known, ...pulumiFiles(id).map((file) => `file ${file}`)];
}

function lookAtMachine(id: string): string[] {
  const folder = new RunFolder(id);
  const files = folder.exists ? [`folder ${folder.path}`] : [];
  return [...files, ...processesOf(id).map(({ pid }) => `process ${pid}`)];
}

/** Looks again where it could not: a view that is not ready, or a busy machine, is no reason to prove nothing. */
async function look(at: () => Look): Promise<Inventory> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { left: await at(), unseen: [] };
    } catch (error) {
      if (attempt === attempts) return { left: [], unseen: [(error as Error).message] };
      await sleep(pauseSeconds * 1000);
    }
  }
}

async function together(looks: readonly Promise<Inventory>[]): Promise<Inventory> {
  const all = await Promise.all(looks);
  return { left: all.flatMap(({ left }) => left), unseen: all.flatMap(({ unseen }) => unseen) };
}
