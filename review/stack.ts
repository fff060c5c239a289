import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { type Run, runProgram } from "./program";

/** A stack as a checkout declares it. */
export interface Declared {
  readonly run: Run;
  /** What a person wrote: the value of `twinstack:topology`. */
  readonly description: unknown;
}

/** A stack that a checkout does not have: nothing is declared, and nobody wrote anything. */
const nothing: Declared = { run: { resources: [], outputs: {} }, description: undefined };

/** Stands where a stack's file holds an encrypted value. */
const secret = "[secret]";

const described = "twinstack:topology";

/** What a stack's file configures, as the engine would hand it over; nothing is decrypted. */
function configIn(file: string): Record<string, unknown> {
  const { config } = parse(readFileSync(file, "utf8")) as { config?: Record<string, unknown> };
  return config ?? {};
}

/** What a person wrote of a checkout's stack; undefined where there is no such stack. */
export function descriptionOf(checkout: string, stack: string): unknown {
  const file = fileOf(checkout, stack);
  return existsSync(file) ? configIn(file)[described] : undefined;
}

const fileOf = (checkout: string, stack: string): string => join(checkout, `stacks/Pulumi.${stack}.yaml`);

const isSecret = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "secure" in value;

function textOf(value: unknown): string {
  if (isSecret(value)) return secret;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Runs the stack program of a checkout for one of its stacks, in this process and without its engine. */
export async function declared(checkout: string, stack: string): Promise<Declared> {
  const file = fileOf(checkout, stack);
  if (!existsSync(file)) return nothing;
  const config = configIn(file);
  const secretKeys = Object.keys(config).filter((key) => isSecret(config[key]));
  process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify(secretKeys);
  const texts = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, textOf(value)]));
  const home = process.cwd();
  // Paths that a program tells are those from its own folder.
  process.chdir(checkout);
  try {
    const run = await runProgram(() => load(checkout), { stack, config: texts });
    return { run, description: config[described] };
  } finally {
    process.chdir(home);
  }
}

/** Loads a program anew, since it runs by being loaded; what is installed stays loaded. */
function load(checkout: string): Record<string, unknown> {
  const require = createRequire(join(checkout, "package.json"));
  const own = realpathSync(checkout);
  for (const file of Object.keys(require.cache)) {
    if (file.startsWith(`${own}/stacks/`) || file.startsWith(`${own}/components/`)) {
      Reflect.deleteProperty(require.cache, file);
    }
  }
  return require("./stacks/index.ts") as Record<string, unknown>;
}

/** Calls `use` with a checkout of a commit, which is gone afterwards. What is installed is this checkout's. */
export async function withCheckout<Result>(
  checkout: string,
  ref: string,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const commit = commitOf(checkout, ref);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "twinstack-base-")));
  try {
    const archive = execFileSync("git", ["archive", commit], { cwd: checkout, maxBuffer: 2 ** 30 });
    execFileSync("tar", ["-x"], { cwd: folder, input: archive });
    symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The commit that a name stands for. */
function commitOf(checkout: string, ref: string): string {
  try {
    const found = execFileSync(
      "git",
      ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`],
      {
        cwd: checkout,
        encoding: "utf8",
      },
    );
    return found.trim();
  } catch {
    throw new Error(
      `BASE is ${JSON.stringify(ref)}; must be a commit of this repository; fetch it, or name another`,
    );
  }
}
