import { parseArgs } from "node:util";

import { Server, ServerCredentials } from "@grpc/grpc-js";

import { watchEngine } from "./engine";

/** The engine sends whole stack states in one message; this is the limit its own plugins use. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/** What a plugin gives to {@link servePlugin}. */
export interface Plugin {
  /** File name of the executable, such as `pulumi-language-nodejs`. */
  readonly name: string;

  /** Printed by `--version`. */
  readonly version: string;

  /** Adds the plugin's services. */
  register(server: Server, process: PluginProcess): void;

  /** Ends whatever the plugin started. Called once, before the process ends. */
  close(): Promise<void>;
}

/** What the bootstrap tells a plugin about its process. */
export interface PluginProcess {
  /** Absent when the plugin was started by hand. */
  readonly engineAddress: string | undefined;

  /** Ends the plugin as a signal would. */
  readonly stop: () => void;
}

/** A gRPC server with Pulumi's message limits. */
export function newServer(): Server {
  return new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
}

/** Binds a server to a free port of the loopback address and returns the port. */
export function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) {
        resolve(port);
      } else {
        reject(error);
      }
    });
  });
}

/**
 * Runs a plugin: serves it on a free port, prints the port for the engine and lives until a signal comes or the engine
 * goes away.
 */
export async function servePlugin(plugin: Plugin, argv: readonly string[]): Promise<void> {
  const args = parsePluginArguments(argv);
  if (args.version) {
    console.log(plugin.version);
    return;
  }

  const server = newServer();
  let stopping = false;
  const stop = (): void => {
    if (stopping) {
      return;
    }
    stopping = true;
    void plugin.close().finally(() => {
      server.forceShutdown();
      process.exit(0);
    });
  };
  plugin.register(server, { engineAddress: args.engineAddress, stop });
  const port = await listen(server);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, stop);
  }
  if (args.engineAddress !== undefined) {
    watchEngine(args.engineAddress, stop);
  }
  process.stdout.write(`${port}\n`);
}

/** The command line of a plugin: flags for logging and tracing, then the engine's address. */
export function parsePluginArguments(argv: readonly string[]): {
  version: boolean;
  engineAddress: string | undefined;
} {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    // The engine may hand over flags that this plugin has no use for.
    strict: false,
    options: { tracing: { type: "string" }, version: { type: "boolean" }, v: { type: "string", short: "v" } },
  });
  return { version: values.version === true, engineAddress: positionals[0] };
}
