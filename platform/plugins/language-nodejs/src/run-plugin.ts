import type { ChildProcess } from "node:child_process";

import type { ServerWritableStream } from "@grpc/grpc-js";
import { RunPluginResponse, type RunPluginRequest } from "@pulumi/pulumi/proto/language_pb";

import { ended, failure, type Children } from "./children";
import { debuggerArguments, findDebuggerPort, reportDebugger } from "./debugger";
import { PolicyProxy } from "./policy-proxy";
import { nodeArguments, programInfo, typescriptEnvironment, type Info } from "./run";
import { locateRunner } from "./sdk";

/** The engine's word for a policy pack. */
const ANALYZER = "analyzer";

type PluginCall = ServerWritableStream<RunPluginRequest, RunPluginResponse>;

/** Runs a plugin that is written in TypeScript, most often a policy pack, and streams what it prints. */
export async function runPlugin(call: PluginCall, children: Children, engineAddress: string): Promise<void> {
  const { request } = call;
  const info = programInfo(request.getInfo());
  const isPolicyPack = request.getKind() === ANALYZER;
  const installCommand = `npm install in ${info.programDirectory}`;
  const runner = locateRunner(
    isPolicyPack ? "run-policy-pack" : "run-plugin",
    info.programDirectory,
    installCommand,
  );
  const proxy = isPolicyPack ? await PolicyProxy.serve() : undefined;
  call.on("cancelled", () => proxy?.close());
  try {
    const env = { ...environment(request, info), ...(await stackConfiguration(call, proxy)) };
    const port = request.getAttachDebugger() ? await findDebuggerPort() : undefined;
    const args = [
      ...nodeArguments(info.options),
      ...debuggerArguments(port),
      runner,
      ...pluginArguments(request, info.programDirectory),
    ];
    if (call.cancelled) {
      return;
    }
    const cwd = isPolicyPack ? info.programDirectory : request.getPwd();
    const child = children.start(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const exit = ended(child);
    call.on("cancelled", () => void children.end(child));
    streamOutput(call, child, proxy);
    await reportDebugger(engineAddress, `Pulumi: Plugin (${request.getName()})`, children, child, port);
    const problem = failure(await exit);
    if (problem !== undefined) {
      throw new Error(problem);
    }
  } finally {
    proxy?.close();
  }
}

/** Tells the engine where a policy pack's proxy is, and waits for the configuration it sends there. */
async function stackConfiguration(
  call: PluginCall,
  proxy: PolicyProxy | undefined,
): Promise<Record<string, string>> {
  if (proxy === undefined) {
    return {};
  }
  call.write(new RunPluginResponse().setStdout(Buffer.from(`${proxy.port}\n`)));
  return proxy.configuration();
}

function streamOutput(call: PluginCall, child: ChildProcess, proxy: PolicyProxy | undefined): void {
  const stdout = (bytes: Buffer): void => {
    call.write(new RunPluginResponse().setStdout(bytes));
  };
  child.stderr?.on("data", (bytes: Buffer) => call.write(new RunPluginResponse().setStderr(bytes)));
  if (proxy === undefined) {
    child.stdout?.on("data", stdout);
  } else {
    proxy.attach(child, stdout);
  }
}

/** A policy pack takes its folder last, any other plugin first. */
export function pluginArguments(request: RunPluginRequest, folder: string): string[] {
  const args = request.getArgsList();
  return request.getKind() === ANALYZER ? [...args, folder] : [folder, ...args];
}

/** The engine hands over the whole environment: nothing of the host's own gets in. */
function environment(request: RunPluginRequest, info: Info): Record<string, string> {
  const variables = request.getEnvList().map((pair): [string, string] => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return { ...Object.fromEntries(variables), ...typescriptEnvironment(info.options) };
}
