import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runLabelKeys } from "../../components/core/labels";
import { must } from "../scenarios/support/command";
import { removePulumiFiles } from "./backend";
import type { Say } from "./destroy";
import type { Fault } from "./faults";
import { RunFolder } from "./folder";
import { namespaceOf } from "./identity";
import { isAlive, kill, type Process, processAt, processesOf } from "./processes";
import type { Phase, Runner } from "./runner";

/** A kubeconfig that can be made to lead nowhere, for a cluster that is gone to whoever reads it and to nobody else. */
export class Kubeconfig {
  private constructor(
    readonly path: string,
    private readonly good: string,
  ) {}

  /** A copy of the one that kubectl reads. */
  static async copy(folder: string): Promise<Kubeconfig> {
    const good = await must("kubectl", ["config", "view", "--raw", "--flatten"]);
    const kubeconfig = new Kubeconfig(join(folder, "kubeconfig"), good);
    kubeconfig.restore();
    return kubeconfig;
  }

  /** Every cluster is at an address where nobody answers. */
  lose(): void {
    writeFileSync(this.path, this.good.replace(/server: .*/g, "server: https://127.0.0.1:1"), {
      mode: 0o600,
    });
  }

  restore(): void {
    writeFileSync(this.path, this.good, { mode: 0o600 });
  }
}

/** A run to be broken. */
export interface BreakContext {
  readonly runner: Runner;
  readonly kubeconfig: Kubeconfig;
  /** When in its phase, from 0 to 1. */
  readonly moment: number;
  readonly say: Say;
}

/** In which phase a fault comes. */
const phases: Readonly<Record<Fault, Exclude<Phase, "start" | "end">>> = {
  "kill-up": "up",
  "kill-tree": "up",
  "kill-all": "up",
  "ctrl-c": "up",
  // Its image is wrong from the beginning.
  "half-failed-up": "up",
  "kill-command": "command",
  "region-gone": "command",
  "state-lost": "command",
  "kill-destroy": "destroy",
};

/** About how long each phase is, so that a random moment is one of it. Seconds. */
const spans = { up: 14, command: 2.5, destroy: 10 } as const;

/** Waits for the moment, and breaks the run. */
export async function breakRun(
  fault: Fault,
  { runner, kubeconfig, moment, say }: BreakContext,
): Promise<void> {
  const phase = phases[fault];
  await runner.until(phase);
  if (fault === "half-failed-up") return;
  const delaySeconds = moment * spans[phase];
  await sleep(delaySeconds * 1000);
  say(`fault ${fault}, ${delaySeconds.toFixed(1)} s into ${phase}`);
  switch (fault) {
    case "kill-up":
    case "kill-command":
    case "kill-destroy":
      kill(present(runner.pid));
      return;
    case "kill-tree":
      kill([...present(runner.pid), ...processesOf(runner.id)]);
      return;
    case "kill-all":
      kill(everybody(runner));
      return;
    case "ctrl-c":
      process.kill(-runner.pid, "SIGINT");
      return;
    case "region-gone":
      kubeconfig.lose();
      return;
    case "state-lost":
      await makeOrphans(runner.id);
      kill(everybody(runner));
      removePulumiFiles(runner.id);
      rmSync(new RunFolder(runner.id).path, { recursive: true, force: true });
  }
}

const present = (pid: number): Process[] => [processAt(pid)].filter((process) => process !== undefined);

/** The runner and the watchdog, as long as the run's files are there. */
export const keepersOf = (id: string): readonly Process[] => new RunFolder(id).read()?.keepers ?? [];

/** The watchdog first: it must not see the others' end. */
const everybody = ({ id, pid }: Runner): Process[] => [
  ...keepersOf(id).toReversed(),
  ...present(pid),
  ...processesOf(id),
];

/** Waits until those who look after a run have ended; fails where they don't. */
export async function ended(keepers: readonly Process[], deadlineSeconds: number): Promise<void> {
  const deadline = Date.now() + deadlineSeconds * 1000;
  while (keepers.some(isAlive)) {
    if (Date.now() > deadline) throw new Error(`a watchdog still runs after ${deadlineSeconds} s`);
    await sleep(200);
  }
}

/** What a run's command may have made besides Pulumi: a type of its own, one that waits for somebody, and a stray. */
async function makeOrphans(id: string): Promise<void> {
  const folder = new RunFolder(id);
  const [context = ""] = folder.read()?.contexts ?? [];
  const labels = { [runLabelKeys.id]: id };
  const group = `run-${id}.test.twinstack.dev`;
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `things.${group}`, labels },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "things", singular: "thing", kind: "Thing" },
      versions: [
        { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } },
      ],
    },
  };
  const stray = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `stray-${id}`, namespace: "default", labels },
  };
  const thing = {
    apiVersion: `${group}/v1`,
    kind: "Thing",
    metadata: {
      name: "held",
      namespace: namespaceOf(id),
      labels,
      finalizers: ["test.twinstack.dev/nobody-answers"],
    },
  };
  const apply = async (objects: readonly object[]): Promise<void> => {
    const file = folder.file("orphans.json");
    writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
    await must("kubectl", ["--context", context, "apply", "--filename", file]);
  };
  await apply([definition, stray]);
  const established = ["wait", "--for=condition=Established", `crd/things.${group}`, "--timeout=20s"];
  await must("kubectl", ["--context", context, ...established]);
  await apply([thing]);
}
