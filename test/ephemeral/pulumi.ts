import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse, stringify } from "yaml";
import { type CommandOptions, type Finished, must, run } from "../scenarios/support/command";
import { RunFolder } from "./folder";
import { project, runVariable, stackOf } from "./identity";

/** Outputs of a stack that a command is told. */
export interface StackOutputs {
  readonly endpoints: Readonly<Record<string, string>>;
  readonly namespaces: Readonly<Record<string, string>>;
  readonly image: string;
}

/** The Pulumi stack of a run. Its configuration stands in the run's folder, never among the checkout's. */
export class RunStack {
  readonly name: string;
  private readonly folder: RunFolder;

  constructor(readonly id: string) {
    this.name = stackOf(id);
    this.folder = new RunFolder(id);
  }

  /** Makes it, empty, with its configuration. */
  async create(topology: unknown): Promise<void> {
    this.folder.create();
    await this.mustSucceed(["stack", "init", this.name, "--no-select"]);
    const settings = parse(readFileSync(this.configFile, "utf8")) as object;
    const config = { [`${project}:topology`]: topology };
    writeFileSync(this.configFile, stringify({ ...settings, config }));
  }

  /** `pulumi up` of the checkout's program, until the signal asks it to end. */
  async up(signal: AbortSignal): Promise<void> {
    const args = ["up", "--yes", "--skip-preview", "--config-file", this.configFile];
    const finished = await run(
      "pulumi",
      [...args, ...this.common],
      this.options({ deadlineSeconds: 600, signal }),
    );
    this.log(finished);
    if (finished.code !== 0)
      throw new Error(`pulumi up ended with ${finished.code}:\n${tail(finished.output)}`);
  }

  async outputs(): Promise<StackOutputs> {
    const { stdout } = await this.mustSucceed(["stack", "output", "--json", ...this.common]);
    return JSON.parse(stdout) as StackOutputs;
  }

  /** Whether the backend knows it. */
  async exists(): Promise<boolean> {
    return (await stackNames()).includes(this.name);
  }

  /** Takes away what a killed Pulumi left: its lock. */
  async unlock(): Promise<void> {
    await this.mustSucceed(["cancel", "--yes", "--stack", this.name]);
  }

  /** `pulumi destroy`. @param forget - objects of clusters that don't answer are taken to be gone */
  async destroy(forget: boolean): Promise<void> {
    await this.mustSucceed(["destroy", "--yes", "--skip-preview", ...this.common], unreachable(forget));
  }

  /** Makes the state true again where an `up` ended in the middle of something. */
  async repair(forget: boolean): Promise<void> {
    const args = ["refresh", "--yes", "--skip-preview", "--clear-pending-creates"];
    await this.mustSucceed([...args, ...this.common], unreachable(forget));
  }

  /** Forgets the stack and what its state still holds. */
  async remove(): Promise<void> {
    await this.mustSucceed(["stack", "rm", this.name, "--yes", "--force"]);
  }

  private get common(): string[] {
    return ["--non-interactive", "--stack", this.name];
  }

  private get configFile(): string {
    return resolve(this.folder.file(`Pulumi.${this.name}.yaml`));
  }

  /** Anything but `up`: from the run's folder, where nothing of the program is needed. */
  private async mustSucceed(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Finished> {
    const finished = await run("pulumi", ["--cwd", this.folder.path, ...args], this.options({ env }));
    this.log(finished);
    if (finished.code === 0) return finished;
    throw new Error(`pulumi ${args[0] ?? ""} ended with ${finished.code}:\n${tail(finished.output)}`);
  }

  /** Everything is marked as the run's, so that it is found if it outlives us. */
  private options({ env, ...options }: CommandOptions): CommandOptions {
    return { deadlineSeconds: 300, ...options, env: { ...env, [runVariable]: this.id } };
  }

  private log({ output }: Finished): void {
    if (existsSync(this.folder.path)) appendFileSync(this.folder.file("pulumi.log"), output);
  }
}

/** Names of the project's stacks in the backend. */
export async function stackNames(): Promise<string[]> {
  const listed = JSON.parse(await must("pulumi", ["stack", "ls", "--json"])) as { name: string }[];
  return listed.map(({ name }) => name.split("/").at(-1) ?? name);
}

const unreachable = (forget: boolean): Record<string, string> =>
  forget ? { PULUMI_K8S_DELETE_UNREACHABLE: "true" } : {};

const tail = (output: string): string => output.trimEnd().split("\n").slice(-30).join("\n");
