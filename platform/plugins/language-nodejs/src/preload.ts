/**
 * Preloaded into every program and policy pack, ahead of the SDK's runner: loads TypeScript with swc, without checking
 * types, and keeps stack traces readable.
 *
 * The SDK loads TypeScript by calling `register` of ts-node, which brings the whole compiler to bear on every preview.
 * This script puts a module of its own in ts-node's place; everything else stays as the SDK does it. A program that
 * has no swc installed keeps the SDK's ts-node, without type checks where the SDK lets itself be told.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire, Module } from "node:module";
import path from "node:path";

import type * as Swc from "@swc/core";

import { errorText } from "../../support/errors";
import { swcOptions, type CompilerOptions } from "./swc-options";

/** The code that runs in place of a TypeScript file, by the file's path. */
const compiled = new Map<string, string>();

const runner = process.argv[1];
// Processes that a program forks inherit this script, and are none of its business.
if (runner !== undefined && /[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/]/.test(runner)) {
  const requireFromSdk = createRequire(runner);
  mapStackTraces(requireFromSdk);
  // `false` is a user's wish for type checks: that is ts-node's work.
  if (process.env["PULUMI_NODEJS_TRANSPILE_ONLY"] !== "false") {
    process.env["PULUMI_NODEJS_TRANSPILE_ONLY"] = "true";
    standInForTsNode(requireFromSdk);
  }
}

/** Makes stack traces, and with them the positions that the engine stores, those of the TypeScript files. */
function mapStackTraces(requireFromSdk: NodeJS.Require): void {
  // The SDK's own copy: another one would be replaced when the SDK sets up its own.
  const support = requireFromSdk("source-map-support") as SourceMapSupport;
  support.install({
    environment: "node",
    retrieveFile: (file) => compiled.get(file) ?? null,
    // Maps of installed packages lead to sources that aren't installed. The SDK's lead to names such as
    // `node_modules/@pulumi/resource.ts`, over which Node 20 loops without end when it colours the stack trace.
    retrieveSourceMap: (file) =>
      file.includes("/node_modules/") ? { url: file, map: EMPTY_SOURCE_MAP } : null,
  });
}

const EMPTY_SOURCE_MAP = { version: "3", sources: [], names: [], mappings: "" };

interface SourceMapSupport {
  install(options: {
    environment: "node";
    retrieveFile: (file: string) => string | null;
    retrieveSourceMap: (file: string) => { url: string; map: typeof EMPTY_SOURCE_MAP } | null;
  }): void;
}

function standInForTsNode(requireFromSdk: NodeJS.Require): void {
  const compiler = [requireFromSdk, createRequire(__filename)]
    .map((require) => resolve(require, "@swc/core"))
    .find((file) => file !== undefined);
  if (compiler === undefined) {
    return;
  }
  const register = (options: { readonly compilerOptions?: CompilerOptions }): void => {
    registerCompiler(requireFromSdk, requireFromSdk(compiler) as typeof Swc, options.compilerOptions ?? {});
  };
  for (const file of tsNodeFiles(requireFromSdk)) {
    const standIn = new Module(file);
    standIn.exports = { VERSION: "transpile-only", register };
    standIn.loaded = true;
    requireFromSdk.cache[file] = standIn;
  }
}

/** The copies of ts-node that the SDK may load: the program's own, or the one that comes with the SDK. */
function tsNodeFiles(requireFromSdk: NodeJS.Require): string[] {
  const vendor = path.join(path.dirname(requireFromSdk.resolve("@pulumi/pulumi/package.json")), "vendor");
  const vendored = readdirSync(vendor).filter((name) => name.startsWith("ts-node@"));
  return ["ts-node", ...vendored.map((name) => path.join(vendor, name))]
    .map((name) => resolve(requireFromSdk, name))
    .filter((file) => file !== undefined);
}

function registerCompiler(
  requireFromSdk: NodeJS.Require,
  swc: typeof Swc,
  compilerOptions: CompilerOptions,
): void {
  const load = (module: NodeJS.Module, file: string): void => {
    const code = compile(swc, file, compilerOptions);
    compiled.set(file, code);
    (module as NodeJS.Module & { _compile(code: string, file: string): void })._compile(code, file);
  };
  for (const extension of [".ts", ".tsx", ".cts"]) {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the one way to load a language before Node 22.15.
    requireFromSdk.extensions[extension] = load;
  }
}

function compile(swc: typeof Swc, file: string, compilerOptions: CompilerOptions): string {
  try {
    return swc.transformSync(readFileSync(file, "utf8"), swcOptions(file, compilerOptions)).code;
  } catch (error) {
    // The SDK shows a SyntaxError without a stack; what swc adds about its own inside is noise as well.
    throw new SyntaxError(errorText(error).split("\n\nCaused by:")[0]?.trim(), { cause: error });
  }
}

function resolve(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}
