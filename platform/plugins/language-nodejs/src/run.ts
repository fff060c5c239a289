import path from "node:path";

import type { ProgramInfo, RunRequest } from "@pulumi/pulumi/proto/language_pb";
import { RunResponse } from "@pulumi/pulumi/proto/language_pb";

import { errorText } from "../../support/errors";
import { ended, failure, type Children, type Exit } from "./children";
import { debuggerArguments, findDebuggerPort, reportDebugger } from "./debugger";
import { parseRuntimeOptions, type RuntimeOptions } from "./options";
import { locateRunner } from "./sdk";

/** The SDK's exit code for "the user has been told already". */
const EXIT_AFTER_USER_MESSAGE = 32;

/** Loads TypeScript without checking types; it is bundled beside this host. */
const PRELOAD = path.join(__dirname, "preload.js");

/** What the host gives to a run. */
export interface RunContext {
  readonly engineAddress: string;
  readonly children: Children;
  readonly signal: AbortSignal;
}

/** Runs a Pulumi program. Whatever goes wrong is an answer, not an exception: the engine shows it as the stack's error. */
export async function runProgram(request: RunRequest, context: RunContext): Promise<RunResponse> {
  try {
    return responseFor(await execute(request, context));
  } catch (error) {
    return new RunResponse().setError(errorText(error));
  }
}

/** What the engine is told about a program's end. */
export function responseFor(exit: Exit): RunResponse {
  if (exit.code === EXIT_AFTER_USER_MESSAGE) {
    return new RunResponse().setBail(true);
  }
  return new RunResponse().setError(failure(exit) ?? "");
}

async function execute(request: RunRequest, context: RunContext): Promise<Exit> {
  const info = programInfo(request.getInfo());
  const runner = locateRunner("run", info.programDirectory, "pulumi install");
  const port = request.getAttachDebugger() ? await findDebuggerPort() : undefined;
  const args = [
    ...nodeArguments(info.options),
    ...debuggerArguments(port),
    runner,
    ...programArguments(request, context.engineAddress),
  ];
  const env = { ...process.env, ...programEnvironment(request), ...typescriptEnvironment(info.options) };

  context.signal.throwIfAborted();
  const child = context.children.start(process.execPath, args, {
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  context.signal.addEventListener("abort", () => void context.children.end(child), { once: true });
  const exit = ended(child);
  await reportDebugger(context.engineAddress, "Pulumi: Program (nodejs)", context.children, child, port);
  return exit;
}

/** Where a program is and how it is to be run. */
export interface Info {
  readonly rootDirectory: string;
  readonly programDirectory: string;
  readonly entryPoint: string;
  readonly options: RuntimeOptions;
}

/** Reads the part of a request that says where the program is; throws when its options are wrong. */
export function programInfo(info: ProgramInfo | undefined): Info {
  if (info === undefined) {
    throw new Error("info is missing in the engine's request; this host needs Pulumi 3.89 or newer");
  }
  return {
    rootDirectory: info.getRootDirectory(),
    programDirectory: info.getProgramDirectory(),
    entryPoint: info.getEntryPoint(),
    options: parseRuntimeOptions(info.getOptions()?.toJavaScript() ?? {}),
  };
}

/** The arguments for node itself: the user's, and our preloaded script. */
export function nodeArguments(options: RuntimeOptions): string[] {
  // One argument, not two: the SDK takes a separate `--require` for a loader of the user's and turns its own ESM mode off.
  return [...options.nodeargs, `--require=${PRELOAD}`];
}

/** What tells the SDK to load TypeScript. */
export function typescriptEnvironment(options: RuntimeOptions): Record<string, string> {
  return {
    ...(options.typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
    ...(options.tsconfig === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig }),
  };
}

/** The command line of the SDK's program runner. The program talks to the engine's monitor itself. */
export function programArguments(request: RunRequest, engineAddress: string): string[] {
  const info = request.getInfo();
  const flags: readonly (readonly [string, string])[] = [
    ["monitor", request.getMonitorAddress()],
    ["engine", engineAddress],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["root-directory", info?.getRootDirectory() ?? ""],
    ["stack", request.getStack()],
    ["pwd", info?.getProgramDirectory() ?? ""],
    ["parallel", String(request.getParallel())],
  ];
  return [
    ...flags.filter(([, value]) => value !== "").flatMap(([flag, value]) => [`--${flag}`, value]),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info?.getEntryPoint() ?? ".",
    ...request.getArgsList(),
  ];
}

/** The stack's configuration: in the environment, since it holds secrets and arguments are visible to everyone. */
export function programEnvironment(request: RunRequest): Record<string, string> {
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
}
