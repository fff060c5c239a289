import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Finished, type CommandOptions, must, run } from "./command";

/** Resource operations of a run, by kind, and the resources they touched. */
export interface Changes {
  /** Such as `{ same: 30, update: 1 }`. Resources. */
  readonly counts: Readonly<Record<string, number>>;
  /** `type::name` of every resource that was not left the same. */
  readonly touched: readonly string[];
}

/** What the stack gives out. */
export interface Outputs {
  readonly endpoints: Readonly<Record<string, string>>;
  readonly weights: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly image: string;
  readonly namespaces: Readonly<Record<string, string>>;
  readonly version: string;
  readonly fqdn?: string;
}

interface EngineEvent {
  readonly resourcePreEvent?: { readonly metadata: { readonly op: string; readonly urn: string } };
  readonly summaryEvent?: { readonly resourceChanges: Record<string, number> };
}

/**
 * The `local` stack under a configuration of the test's own: the committed one is copied, so that no scenario
 * ever edits a file of the checkout.
 */
export class Stack {
  readonly name = "local";
  private readonly folder = mkdtempSync(join(tmpdir(), "twinstack-scenario-"));
  private readonly configFile = join(this.folder, "Pulumi.local.yaml");
  private alteredByTest = false;

  constructor() {
    this.resetConfig();
  }

  /** Whether what was done here may have left the stack other than committed. */
  get altered(): boolean {
    return this.alteredByTest;
  }

  /** Back to the committed configuration. */
  resetConfig(): void {
    copyFileSync("stacks/Pulumi.local.yaml", this.configFile);
  }

  /** Removes the copied configuration. */
  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Sets one value of `twinstack:topology`, as a user would. */
  async set(path: string, value: string | number): Promise<void> {
    this.alteredByTest = true;
    await must("pulumi", [
      ...["config", "set", "--stack", this.name, "--config-file", this.configFile],
      ...["--path", `twinstack:topology.${path}`, String(value)],
    ]);
  }

  /** Replaces the whole of `twinstack:topology`, right or wrong. */
  describe(topology: unknown): void {
    this.alteredByTest = true;
    writeFileSync(this.configFile, stringify({ config: { "twinstack:topology": topology } }));
  }

  /** The deployment as the backend holds it, for telling whether a run changed anything. */
  async deployment(): Promise<unknown> {
    const exported = await must("pulumi", ["stack", "export", "--stack", this.name]);
    // A secret is encrypted anew, with another nonce, each time the state is written.
    const comparable = (key: string, value: unknown) => (key === "ciphertext" ? "[secret]" : value);
    return (JSON.parse(exported, comparable) as { deployment: { resources: unknown } }).deployment.resources;
  }

  /** `pulumi up` with the policy pack, whatever its end. */
  up(options: CommandOptions = {}): Promise<Finished & { changes: Changes }> {
    return this.operate(["up", "--yes", "--skip-preview", "--policy-pack", "policies"], options);
  }

  /** `pulumi up` that must succeed. */
  async mustUp(): Promise<Finished & { changes: Changes }> {
    return succeeded("pulumi up", await this.up());
  }

  /** `pulumi preview` that must succeed. */
  async preview(): Promise<Finished & { changes: Changes }> {
    return succeeded("pulumi preview", await this.operate(["preview"]));
  }

  /** `pulumi refresh --preview-only` that must succeed: drift, and nothing written. */
  async drift(): Promise<Finished & { changes: Changes }> {
    return succeeded("pulumi refresh", await this.operate(["refresh", "--preview-only"]));
  }

  /** `pulumi destroy`, whatever its end. */
  destroy(): Promise<Finished & { changes: Changes }> {
    this.alteredByTest = true;
    return this.operate(["destroy", "--yes", "--skip-preview"]);
  }

  async outputs(): Promise<Outputs> {
    return JSON.parse(await must("pulumi", ["stack", "output", "--json", "--stack", this.name])) as Outputs;
  }

  private async operate(
    args: readonly string[],
    options: CommandOptions = {},
  ): Promise<Finished & { changes: Changes }> {
    const events = join(this.folder, "events.jsonl");
    rmSync(events, { force: true });
    const common = ["--non-interactive", "--stack", this.name, "--config-file", this.configFile];
    const finished = await run("pulumi", [...args, ...common, "--event-log", events], {
      ...options,
      env: { PULUMI_DEBUG_COMMANDS: "true", ...options.env },
    });
    return { ...finished, changes: changesIn(events) };
  }
}

function succeeded<T extends Finished>(what: string, finished: T): T {
  if (finished.code !== 0) throw new Error(`${what} ended with ${finished.code}:\n${finished.output}`);
  return finished;
}

function changesIn(eventLog: string): Changes {
  let lines: string[] = [];
  try {
    lines = readFileSync(eventLog, "utf8").split("\n").filter(Boolean);
  } catch {
    // A run that fails before the engine starts writes no log.
  }
  const counts: Record<string, number> = {};
  const touched = new Set<string>();
  for (const line of lines) {
    const event = JSON.parse(line) as EngineEvent;
    Object.assign(counts, event.summaryEvent?.resourceChanges ?? {});
    const step = event.resourcePreEvent?.metadata;
    if (step !== undefined && !["same", "read", "refresh"].includes(step.op)) {
      touched.add(step.urn.split("::").slice(2).join("::"));
    }
  }
  return { counts, touched: [...touched].sort() };
}
