/** Finds the program and the builder that builds images. */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { connect } from "node:net";
import * as path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const answerTimeoutMs = 3000;
const remoteBuilder = "remote";

/** Environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A command and the arguments every call starts with. */
export interface Buildx {
  readonly command: string;
  readonly prefix: readonly string[];
}

/** The `buildx` program, or Docker's plugin of that name. */
export async function findBuildx(env: Environment): Promise<Buildx> {
  const standalone = await findOnPath("buildx", env);
  if (standalone !== undefined) return { command: standalone, prefix: [] };
  const docker = await findOnPath("docker", env);
  if (docker !== undefined && (await answers(docker, ["buildx", "version"], env))) {
    return { command: docker, prefix: ["buildx"] };
  }
  throw new Error(
    "no buildx: neither `buildx` nor `docker buildx` is on PATH; install Docker's buildx, or run `. platform/env`, " +
      "which puts this project's own tools on PATH",
  );
}

async function findOnPath(name: string, env: Environment): Promise<string | undefined> {
  for (const folder of (env["PATH"] ?? "").split(path.delimiter).filter((entry) => entry !== "")) {
    const file = path.join(folder, name);
    const usable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return file;
  }
  return undefined;
}

function answers(command: string, args: readonly string[], env: Environment): Promise<boolean> {
  return run(command, args, { env: { ...env } }).then(
    () => true,
    () => false,
  );
}

/**
 * The environment in which buildx uses the builder at BUILDKIT_HOST; `folder` takes the builder's description, so that
 * the user's own list of builders stays as it is. Without BUILDKIT_HOST buildx chooses by its own rules.
 */
export async function chooseBuilder(buildx: Buildx, env: Environment, folder: string): Promise<Environment> {
  const address = env["BUILDKIT_HOST"];
  if (env["BUILDX_BUILDER"] !== undefined || address === undefined || address === "") return env;
  await expectAnswer(address);
  const chosen = { ...env, BUILDX_CONFIG: folder, BUILDX_BUILDER: remoteBuilder };
  const create = [...buildx.prefix, "create", "--name", remoteBuilder, "--driver", "remote", address];
  await run(buildx.command, create, { env: chosen });
  return chosen;
}

/** Fails at once, and in plain words, when nothing listens at a socket's or a TCP address. */
export async function expectAnswer(address: string): Promise<void> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const target =
    url?.protocol === "unix:"
      ? { path: url.pathname }
      : url?.protocol === "tcp:"
        ? { host: url.hostname, port: Number(url.port) }
        : undefined;
  // Other kinds of address (a container, ssh, a pod) are reached by helpers of buildx.
  if (target === undefined) return;
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ ...target, timeout: answerTimeoutMs });
    const fail = (cause: string): void => {
      socket.destroy();
      reject(
        new Error(
          `BuildKit does not answer at ${address} (${cause}); start it (\`make up\` does), ` +
            "or set BUILDKIT_HOST to the address of one that runs",
        ),
      );
    };
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("timeout", () => {
      fail(`no answer within ${String(answerTimeoutMs / 1000)} s`);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      fail(error.code ?? error.message);
    });
  });
}
