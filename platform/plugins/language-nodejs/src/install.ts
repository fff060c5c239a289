import type { ServerWritableStream } from "@grpc/grpc-js";
import {
  InstallDependenciesResponse,
  type InstallDependenciesRequest,
} from "@pulumi/pulumi/proto/language_pb";

import { ended, failure, type Children } from "./children";
import { findNpm, npmInstallArguments } from "./npm";
import { programInfo } from "./run";

/** Installs a program's dependencies with npm and streams what npm prints. */
export async function installDependencies(
  call: ServerWritableStream<InstallDependenciesRequest, InstallDependenciesResponse>,
  children: Children,
): Promise<void> {
  const info = programInfo(call.request.getInfo());
  const args = npmInstallArguments(info.options, call.request.getIsPlugin(), call.request.getIsTerminal());
  const stdout = (bytes: Buffer): void => {
    call.write(new InstallDependenciesResponse().setStdout(bytes));
  };

  stdout(Buffer.from("Installing dependencies...\n\n"));
  const npm = children.start(findNpm(), args, {
    cwd: info.programDirectory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  call.on("cancelled", () => void children.end(npm));
  npm.stdout?.on("data", stdout);
  npm.stderr?.on("data", (bytes: Buffer) => call.write(new InstallDependenciesResponse().setStderr(bytes)));
  if (failure(await ended(npm)) !== undefined) {
    throw new Error(`npm install failed in ${info.programDirectory}; its own message is above`);
  }
  stdout(Buffer.from("Finished installing dependencies\n\n"));
}
