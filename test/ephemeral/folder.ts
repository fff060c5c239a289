import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestRun } from "../../components/core/labels";
import { project, runIdOf, stackOf } from "./identity";
import type { Process } from "./processes";

/** What a run writes down of itself before it makes anything. */
export interface RunRecord {
  readonly run: TestRun;
  /** The kubeconfig contexts of its clusters. */
  readonly contexts: readonly string[];
  /** The registry that images of its own go to. */
  readonly registry: string;
  /** Who looks after it: the runner, and its watchdog once it has one. */
  readonly keepers: readonly Process[];
}

/** Where runs of this checkout have their files. */
const root = join(".local", "runs");

/** The folder of a run: its record, its configuration, what Pulumi said. */
export class RunFolder {
  readonly path: string;

  constructor(readonly id: string) {
    this.path = join(root, stackOf(id));
  }

  /** Every run that has one. */
  static all(): RunFolder[] {
    const names = existsSync(root) ? readdirSync(root) : [];
    return names.flatMap((name) => runIdOf(name) ?? []).map((id) => new RunFolder(id));
  }

  /** A file of the run. */
  file(name: string): string {
    return join(this.path, name);
  }

  get exists(): boolean {
    return existsSync(this.path);
  }

  /** Makes it, with the project in which Pulumi finds the run's configuration, or did before it was lost. */
  create(): void {
    mkdirSync(this.path, { recursive: true });
    writeFileSync(this.file("Pulumi.yaml"), `name: ${project}\nruntime: nodejs\n`);
  }

  write(record: RunRecord): void {
    this.create();
    writeFileSync(this.file("run.json.new"), JSON.stringify(record, undefined, 2));
    renameSync(this.file("run.json.new"), this.file("run.json"));
  }

  /** What the run wrote down; undefined where it had no time to. */
  read(): RunRecord | undefined {
    try {
      return JSON.parse(readFileSync(this.file("run.json"), "utf8")) as RunRecord;
    } catch {
      return undefined;
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
