/** Builds and pushes one image with buildx. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";

import { chooseBuilder, findBuildx, type Environment } from "./builder";
import { buildCommand, buildEnvironment, type CommandOptions } from "./command";
import { useCredentials } from "./credentials";
import { hintFor } from "./hints";
import type { BuildPlan } from "./inputs";
import { BuildProgress } from "./progress";
import type { Properties } from "../../support/properties";
import { parseImageName } from "./reference";

const killAfterMs = 5000;

/** What a build needs from around it. */
export interface BuildContext {
  readonly env: Environment;

  /** Builds only: nothing is pushed. */
  readonly preview: boolean;

  /** Aborting it ends the build. */
  readonly signal: AbortSignal;

  /** Shows one line of progress. */
  readonly show: (text: string) => void;
}

/** Builds an image, pushes it unless told not to, and returns the outputs of the resource. */
export async function buildImage(plan: BuildPlan, around: BuildContext): Promise<Properties> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "pulumi-docker-"));
  try {
    const push = plan.push && !around.preview;
    const digest = await runBuild(plan, around, push, folder);
    return {
      dockerfile: path.relative(await realpath(plan.context), await realpath(plan.dockerfile)),
      context: plan.context,
      baseImageName: plan.imageName,
      registryServer: plan.registry.server,
      imageName: plan.imageName,
      platform: plan.platform,
      repoDigest: push ? `${repository(plan.imageName)}@${digest}` : digest,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function repository(imageName: string): string {
  return parseImageName(imageName)?.repository ?? imageName;
}

/** Runs the build and returns the image's digest. */
async function runBuild(
  plan: BuildPlan,
  around: BuildContext,
  push: boolean,
  folder: string,
): Promise<string> {
  const started = performance.now();
  const elapsed = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const metadataFile = path.join(folder, "metadata.json");
  const { command, env } = await prepare(plan, around.env, { metadataFile, push }, folder);

  const progress = new BuildProgress();
  const onLine = (line: string): void => {
    const text = progress.read(line);
    if (text !== undefined) around.show(`${elapsed()}  ${text}`);
  };
  const exitCode = await runCommand(command, env, onLine, around.signal);
  if (around.signal.aborted)
    throw new Error(`the build of ${plan.imageName} was cancelled after ${elapsed()}`);
  if (exitCode !== 0) throw new Error(failureText(plan, progress, elapsed()));
  const digest = await readDigest(metadataFile, push);
  around.show(
    `${elapsed()}  ${push ? "pushed" : "built"} ${digest}, ${String(progress.cached)} steps cached`,
  );
  return digest;
}

/** The command to run and its environment; what they refer to is written to `folder`. */
async function prepare(
  plan: BuildPlan,
  base: Environment,
  options: Pick<CommandOptions, "metadataFile" | "push">,
  folder: string,
): Promise<{ command: string[]; env: Environment }> {
  const buildx = await findBuildx(base);
  const authorized = await useCredentials(base, plan.registry, plan.imageName, path.join(folder, "docker"));
  const env = await chooseBuilder(buildx, authorized, path.join(folder, "buildx"));
  const bundle = env["SSL_CERT_FILE"];
  const args = buildCommand(plan, {
    ...options,
    caFile: bundle !== undefined && existsSync(bundle) ? bundle : undefined,
    remote: env["BUILDX_BUILDER"] !== undefined,
  });
  return { command: [buildx.command, ...buildx.prefix, ...args], env: buildEnvironment(plan, env) };
}

function failureText(plan: BuildPlan, progress: BuildProgress, elapsed: string): string {
  const failure = progress.failure();
  const hint = hintFor(failure);
  return `the build of ${plan.imageName} failed after ${elapsed}: ${failure}${hint === undefined ? "" : `\n${hint}`}`;
}

/** Runs a command, hands over its output line by line, and ends it when the signal says so. */
function runCommand(
  [command = "", ...args]: readonly string[],
  env: Environment,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
    createInterface({ input: child.stdout }).on("line", onLine);
    createInterface({ input: child.stderr }).on("line", onLine);
    const end = (): void => {
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), killAfterMs).unref();
    };
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
    child.once("error", reject);
    child.once("close", (code) => {
      signal.removeEventListener("abort", end);
      resolve(code);
    });
  });
}

/** What the registry knows a pushed image by, or a local Docker an image that wasn't pushed. */
async function readDigest(file: string, pushed: boolean): Promise<string> {
  const metadata = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  const key = pushed ? "containerimage.digest" : "containerimage.config.digest";
  const digest = metadata[key];
  if (typeof digest !== "string")
    throw new Error(`buildx reported no ${key}; it needs version 0.12 or newer`);
  return digest;
}
