import { spawn, execFileSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { gunzipSync } from "node:zlib";

import { credentials } from "@grpc/grpc-js";
import { LanguageRuntimeClient } from "@pulumi/pulumi/proto/language_grpc_pb";
import { version } from "@pulumi/pulumi/version";

const root = path.resolve(__dirname, "../../../..");

/** What the official plugins did, recorded; see the README there. */
export const FIXTURES = path.join(root, "test/fixtures/language");

/** One gRPC message as the engine logs it. */
export interface Recorded {
  readonly method: string;
  readonly progress?: "request_started" | "response_completed";
  readonly request?: Readonly<Record<string, unknown>>;
  readonly response?: Readonly<Record<string, unknown>>;
  readonly errors?: readonly string[];
}

/** The recorded messages of one run, with the recorded project's folder replaced. */
export function recorded(run: string, project: string): Recorded[] {
  const text = gunzipSync(readFileSync(path.join(FIXTURES, `grpc-${run}.jsonl.gz`))).toString("utf8");
  return text
    .replaceAll("/project", project)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Recorded);
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true });
  }
});

/** A new folder that is removed at the end of the test file. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "language-host-")));
  folders.push(folder);
  return folder;
}

/** Bundles the language host as `make up` does and returns its executable. */
export function buildHost(out = temporaryFolder()): string {
  execFileSync(process.execPath, [
    path.join(root, "platform/plugins/build.mjs"),
    "--out",
    out,
    "language-nodejs",
  ]);
  return path.join(out, `language-nodejs-v${version}/pulumi-language-nodejs`);
}

/** Writes a project with the SDKs of this checkout installed. */
export function makeProject(files: Readonly<Record<string, string>>): string {
  const project = temporaryFolder();
  mkdirSync(path.join(project, "node_modules/@pulumi"), { recursive: true });
  for (const name of ["@pulumi/pulumi", "@pulumi/policy", "typescript"]) {
    symlinkSync(path.join(root, "node_modules", name), path.join(project, "node_modules", name));
  }
  return writeFiles(project, files);
}

/** Writes files below a folder and returns the folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), content);
  }
  return folder;
}

/** The project that the recorded runs were made with. */
export function recordedProject(): string {
  const project = makeProject({
    "package.json": JSON.stringify({ name: "language", version: "0.1.0", main: "stacks/index.ts" }),
    "policy/PulumiPolicy.yaml": "runtime: nodejs\nversion: 0.1.0\nmain: index.ts\n",
    "policy/package.json": JSON.stringify({ name: "policy", version: "0.1.0", main: "index.ts" }),
    "node_modules/@pulumi/kubernetes/package.json": JSON.stringify({
      name: "@pulumi/kubernetes",
      version: "4.33.0",
      pulumi: { resource: true, name: "kubernetes" },
    }),
  });
  mkdirSync(path.join(project, "stacks"));
  cpSync(path.join(FIXTURES, "program.ts"), path.join(project, "stacks/index.ts"));
  cpSync(path.join(FIXTURES, "policy.ts"), path.join(project, "policy/index.ts"));
  return project;
}

/** A language host that runs as the engine runs it. */
export class RunningHost {
  readonly client: LanguageRuntimeClient;
  readonly output: string[] = [];

  private constructor(
    readonly process: ChildProcess,
    port: string,
  ) {
    this.client = new LanguageRuntimeClient(`127.0.0.1:${port}`, credentials.createInsecure());
  }

  /** Starts the host and waits for its port. */
  static async start(executable: string, engineAddress?: string): Promise<RunningHost> {
    const child = spawn(executable, engineAddress === undefined ? [] : [engineAddress], { stdio: "pipe" });
    const lines = createInterface({ input: child.stdout });
    const [port] = (await once(lines, "line")) as [string];
    const host = new RunningHost(child, port);
    lines.on("line", (line) => host.output.push(line));
    createInterface({ input: child.stderr }).on("line", (line) => host.output.push(line));
    return host;
  }

  /** The processes that the host runs. */
  children(): number[] {
    const pid = String(this.process.pid);
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.split(" ").filter(Boolean).map(Number);
  }

  /** Ends the host as the engine does, and waits. */
  async stop(): Promise<void> {
    this.client.close();
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const exit = once(this.process, "exit");
      this.process.kill("SIGINT");
      await exit;
    }
  }
}

/** Whether a process is still there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits for a condition, at most ten seconds. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) {
      throw new Error(`not within 10 s: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
