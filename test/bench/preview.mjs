import { symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { must } from "./support/command.mjs";
import { row } from "./support/report.mjs";
import {
  contextsOf,
  freePort,
  localTopology,
  requireEnvironment,
  ScratchStack,
  unreachableKubeconfig,
} from "./support/stand.mjs";

const roundCount = 5;

/** How long a person waits for a preview: of the running stack, of all of it without a cluster, of nothing at all. */
export async function preview(session) {
  const topology = localTopology();
  await requireEnvironment(contextsOf(topology));
  const nowhere = await withoutCluster(session, topology);
  const empty = await emptyProgram(session);
  const local = ["preview", "--stack", "local", "--non-interactive", "--expect-no-changes"];
  const review = ["review/run.mjs", "preview", "--env", "production"];

  const seen = await session.rounds("preview", roundCount, {
    local: async () => (await must("pulumi", local)).seconds,
    "without a cluster": async () => (await nowhere.pulumi(["preview"])).seconds,
    production: async () => (await must("node", review)).seconds,
    "empty program": async () => (await empty.pulumi(["preview"])).seconds,
  });
  const floor = seen["empty program"];
  const peers = { "the empty program": floor };
  return [
    row("preview of `local`, no change", "pulumi preview --stack local", "s", seen.local, {
      peers,
      target: 8,
    }),
    row("preview of all of it, no cluster", "pulumi preview", "s", seen["without a cluster"], {
      peers,
      target: 20,
    }),
    row("preview of `production`, no CLI", "make preview ENV=production", "s", seen.production, {
      peers,
      target: 20,
    }),
    row("peer: empty TypeScript program", "pulumi preview", "s", floor),
  ];
}

function withoutCluster(session, topology) {
  return freePort().then((port) => {
    const kubeconfig = join(session.scratch("nowhere"), "kubeconfig");
    writeFileSync(kubeconfig, unreachableKubeconfig(contextsOf(topology), port));
    return new ScratchStack(session, "nowhere", { topology, env: { KUBECONFIG: kubeconfig } }).create();
  });
}

/** The floor: the engine, the language host and the SDK, with nothing to do. */
function emptyProgram(session) {
  const folder = session.scratch("empty");
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "Pulumi.yaml"), "name: empty\nruntime: nodejs\n");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", main: "index.ts" }));
  writeFileSync(join(folder, "index.ts"), "export {};\n");
  return new ScratchStack(session, "empty", { cwd: folder }).create();
}
