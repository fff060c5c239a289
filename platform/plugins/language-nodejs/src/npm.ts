import { existsSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";

import type { RuntimeOptions } from "./options";

/** An installed package. */
export interface Dependency {
  readonly name: string;
  readonly version: string;
}

interface LockFile {
  readonly packages?: Readonly<
    Record<string, { readonly version?: string; readonly link?: boolean } | undefined>
  >;
}

interface ProjectManifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The arguments of npm for an installation. */
export function npmInstallArguments(
  options: RuntimeOptions,
  isPlugin: boolean,
  isTerminal: boolean,
): string[] {
  if (options.packagemanager !== "auto" && options.packagemanager !== "npm") {
    throw new Error(
      `runtime.options.packagemanager is "${options.packagemanager}"; the stand-in language host installs with npm only: ` +
        `set it to npm, install with ${options.packagemanager} yourself, or use the official pulumi-language-nodejs`,
    );
  }
  return [
    "install",
    // Without it npm complains about every package.json that lacks a description or a licence.
    "--loglevel=error",
    ...(options.production || isPlugin ? ["--omit=dev"] : []),
    ...(isTerminal ? ["--color=always"] : []),
  ];
}

/** The npm on PATH. */
export function findNpm(): string {
  const npm = findOnPath("npm");
  if (npm === undefined) {
    throw new Error("npm is not on PATH; it comes with Node.js");
  }
  return npm;
}

/** The version of the npm on PATH, read from its package.json: starting npm takes a quarter of a second. */
export function npmVersion(): string {
  const manifest = searchUp(path.dirname(realpathSync(findNpm())), "package.json");
  return manifest === undefined ? "" : ((readJson(manifest) as { version?: string }).version ?? "");
}

/** The dependencies that package-lock.json pins for a program: those it names itself, or all of them. */
export function programDependencies(directory: string, transitive: boolean): Dependency[] {
  const lockFile = searchUp(directory, "package-lock.json");
  if (lockFile === undefined) {
    throw new Error(`no package-lock.json found (searching upwards from ${directory}); run npm install`);
  }
  const { packages = {} } = readJson(lockFile) as LockFile;
  const manifest = readJson(path.join(path.dirname(lockFile), "package.json")) as ProjectManifest;
  const named = new Set(Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }));
  return Object.entries(packages).flatMap(([location, entry]) => {
    const name = location.split("node_modules/").at(-1) ?? "";
    if (name === "" || entry?.version === undefined || entry.link === true) {
      return [];
    }
    const direct = named.has(name) && location === `node_modules/${name}`;
    return transitive || direct ? [{ name, version: entry.version }] : [];
  });
}

/** Finds a file in a folder or the nearest folder above it. */
export function searchUp(directory: string, file: string): string | undefined {
  const candidate = path.join(directory, file);
  if (existsSync(candidate)) {
    return candidate;
  }
  const parent = path.dirname(directory);
  return parent === directory ? undefined : searchUp(parent, file);
}

/** Finds a program in the folders of PATH. */
export function findOnPath(program: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .map((folder) => path.join(folder, program))
    .find((candidate) => existsSync(candidate));
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}
