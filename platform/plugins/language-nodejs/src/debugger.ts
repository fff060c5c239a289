import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";

import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { StartDebuggingRequest } from "@pulumi/pulumi/proto/engine_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

import { errorText } from "../../support/errors";
import type { Children } from "./children";

/** Where debuggers look by default. */
const PREFERRED_PORT = 9229;

/** A free port for node's inspector: the usual one if possible. */
export async function findDebuggerPort(): Promise<number> {
  return (await freePort(PREFERRED_PORT)) ?? (await freePort(0)) ?? PREFERRED_PORT;
}

/** Makes node wait for a debugger. */
export function debuggerArguments(port: number | undefined): string[] {
  return port === undefined ? [] : [`--inspect-brk=${port}`, "--inspect-publish-uid=http"];
}

/** Tells the engine, and so the user's editor, that a program waits for a debugger, and ends it when it can't. */
export async function reportDebugger(
  engine: string,
  name: string,
  children: Children,
  child: ChildProcess,
  port: number | undefined,
): Promise<void> {
  if (port === undefined) {
    return;
  }
  const client = new EngineClient(engine, credentials.createInsecure());
  try {
    await startDebugging(client, debuggingRequest(name, child, port));
  } catch (error) {
    await children.end(child);
    throw new Error(`unable to start debugging: ${errorText(error)}`, { cause: error });
  } finally {
    client.close();
  }
}

function startDebugging(client: EngineClient, request: StartDebuggingRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    client.startDebugging(request, (error) => {
      if (error === null) {
        resolve();
      } else {
        reject(new Error(error.details));
      }
    });
  });
}

function debuggingRequest(name: string, child: ChildProcess, port: number): StartDebuggingRequest {
  const pid = child.pid ?? 0;
  const config: Record<string, JavaScriptValue> = {
    name,
    type: "node",
    request: "attach",
    processId: pid,
    continueOnAttach: true,
    skipFiles: ["<node_internals>/**"],
    ...(port === PREFERRED_PORT ? {} : { port }),
  };
  return new StartDebuggingRequest()
    .setConfig(Struct.fromJavaScript(config))
    .setMessage(`on process id ${pid}${port === PREFERRED_PORT ? "" : ` and port ${port}`}`);
}

function freePort(wanted: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(undefined);
    });
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === "object" && address !== null ? address.port : undefined);
      });
    });
  });
}
