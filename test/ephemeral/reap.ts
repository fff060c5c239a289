import { runLabelKeys } from "../../components/core/labels";
import { must } from "../scenarios/support/command";
import type { ReapOptions } from "./arguments";
import { Cluster } from "./cluster";
import { contextsOf, readDescription, registryOf } from "./description";
import { destroyRun, type Say } from "./destroy";
import { RunFolder } from "./folder";
import { runIdOf, showDuration } from "./identity";
import type { ClusterObject } from "./objects";
import { kill, processesByRun } from "./processes";
import { stackNames } from "./pulumi";
import { detailsOf, type FoundRun, foundRuns, judge, type Trace, traceOfState } from "./reap-plan";
import { Registry } from "./registry";
import { table } from "./table";

/** Where runs may have left something. */
interface Places {
  readonly contexts: readonly string[];
  readonly registry: string;
}

/** Destroys test stacks whose time is over, found wherever they left something. Its exit code. */
export async function reap(options: ReapOptions, say: Say): Promise<number> {
  const description = readDescription(`stacks/Pulumi.${process.env["STACK"] ?? "local"}.yaml`);
  const places = { contexts: contextsOf(description), registry: registryOf(description) };
  const { traces, unseen } = await search(places);
  const runs = foundRuns(traces, new Date()).filter(
    ({ id }) => options.only.length === 0 || options.only.includes(id),
  );

  const rows: string[][] = [];
  let clean = unseen.length === 0;
  for (const run of runs) {
    const verdict = judge(run, options.olderThanSeconds);
    const result = verdict.due && !options.dryRun ? await reapRun(run, places, say) : [];
    clean &&= result.length === 0;
    rows.push([run.id, run.owner, showDuration(run.ttlSeconds), run.where.join(", "), verdict.reason]);
    rows.at(-1)?.push(outcome(verdict.due, options.dryRun, result));
  }
  const head = ["run", "owner", "time", "found in", "verdict", "result"];
  say(rows.length === 0 ? "no test stack was found" : `test stacks:\n${table(head, rows)}`);
  for (const reason of unseen) say(`not looked at: ${reason}`);
  return clean ? 0 : 1;
}

function outcome(due: boolean, dryRun: boolean, problems: readonly string[]): string {
  if (!due) return "kept";
  if (dryRun) return "would be destroyed";
  return problems.length === 0 ? "destroyed, nothing is left" : `NOT CLEAN: ${problems.join("; ")}`;
}

/** Destroys one run; what is left, or could not be looked at. */
async function reapRun({ id }: FoundRun, { contexts, registry }: Places, say: Say): Promise<string[]> {
  say(`reaping run ${id}`);
  const record = new RunFolder(id).read();
  // Nobody else may be at work on it.
  kill(record?.keepers ?? []);
  const target = { id, registry: record?.registry ?? registry };
  const all = [...new Set([...(record?.contexts ?? []), ...contexts])];
  const { left, unseen } = await destroyRun({ ...target, contexts: all }, say);
  return [...left, ...unseen.map((reason) => `not looked at: ${reason}`)];
}

/** What a search found, and where it could not look. */
interface Search {
  readonly traces: readonly Trace[];
  readonly unseen: readonly string[];
}

/** Asks everybody who may know of a run. */
async function search({ contexts, registry }: Places): Promise<Search> {
  const searches = await Promise.all([
    attempt(backendTraces),
    ...contexts.map((context) => attempt(() => clusterTraces(context))),
    attempt(() => registryTraces(registry)),
    attempt(() => Promise.resolve(machineTraces())),
  ]);
  return {
    traces: searches.flatMap(({ traces }) => traces),
    unseen: searches.flatMap(({ unseen }) => unseen),
  };
}

async function attempt(look: () => Promise<Trace[]>): Promise<Search> {
  try {
    return { traces: await look(), unseen: [] };
  } catch (error) {
    return { traces: [], unseen: [(error as Error).message] };
  }
}

async function backendTraces(): Promise<Trace[]> {
  const stacks = (await stackNames()).flatMap((stack) => {
    const id = runIdOf(stack);
    return id === undefined ? [] : [{ id, stack }];
  });
  return Promise.all(
    stacks.map(async ({ id, stack }) =>
      traceOfState(id, await must("pulumi", ["stack", "export", "--stack", stack])),
    ),
  );
}

async function clusterTraces(context: string): Promise<Trace[]> {
  return tracesIn(context, await new Cluster(context).objects(runLabelKeys.id));
}

/** Runs that a cluster's objects tell of. */
export function tracesIn(context: string, objects: readonly ClusterObject[]): Trace[] {
  return [...new Set(objects.map(({ runId }) => runId))].map((id) => {
    const mine = objects.filter(({ runId }) => runId === id);
    const { runOwner = "", ttlSeconds = "" } = mine.find(({ runOwner }) => runOwner !== "") ?? {};
    const details = detailsOf({ [runLabelKeys.owner]: runOwner, [runLabelKeys.ttlSeconds]: ttlSeconds });
    return { id, where: `${context}: ${mine.length} objects`, ...details };
  });
}

async function registryTraces(registry: string): Promise<Trace[]> {
  const tags = await new Registry(registry).tagsOf("/test-");
  const ids = tags.flatMap(({ repository }) => repository.split("/").flatMap((part) => runIdOf(part) ?? []));
  return [...new Set(ids)].map((id) => ({ id, where: "registry" }));
}

function machineTraces(): Trace[] {
  const folders = RunFolder.all().map((folder) => {
    const run = folder.read()?.run;
    return {
      id: folder.id,
      where: "files",
      owner: run?.owner ?? "",
      ...(run && { ttlSeconds: run.ttlSeconds }),
    };
  });
  const processes = [...processesByRun()].map(([id, mine]) => ({ id, where: `${mine.length} processes` }));
  return [...folders, ...processes];
}
