/**
 * Bundles the stand-in plugins and puts them where the Pulumi CLI looks for plugins:
 *
 *   node platform/plugins/build.mjs [--out DIR] [PLUGIN...]
 *
 * PLUGIN is a name such as resource-kubernetes; without one, all are built. DIR is the folder `plugins` of a PULUMI_HOME, `.local/pulumi/plugins` by default. Files are written only when their
 * content changes, and a plugin that is installed there already but is no stand-in is left alone.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");

/** Every stand-in, the npm package whose version it answers for, and scripts it needs beside its executable. */
const plugins = [
  {
    folder: "language-nodejs",
    kind: "language",
    name: "nodejs",
    sdk: "@pulumi/pulumi",
    scripts: ["preload"],
  },
  { folder: "kubernetes", kind: "resource", name: "kubernetes", sdk: "@pulumi/kubernetes", scripts: [] },
  { folder: "docker", kind: "resource", name: "docker", sdk: "@pulumi/docker", scripts: [] },
  { folder: "random", kind: "resource", name: "random", sdk: "@pulumi/random", scripts: [] },
  { folder: "tls", kind: "resource", name: "tls", sdk: "@pulumi/tls", scripts: [] },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: "string", default: path.join(root, ".local/pulumi/plugins") } },
});
const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
const names = plugins.map(({ kind, name }) => `${kind}-${name}`);
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`PLUGIN is ${unknown.join(", ")}; must be one of ${names.join(", ")}`);
  process.exit(2);
}
const wanted = plugins.filter((_, index) => positionals.length === 0 || positionals.includes(names[index]));
await Promise.all(wanted.map((plugin) => install(plugin, path.resolve(values.out))));

/** Builds one plugin and installs it into its folder below `out`. */
async function install({ folder, kind, name, sdk, scripts }, out) {
  const sources = path.join(here, folder, "src");
  if (!existsSync(path.join(sources, "main.ts"))) {
    console.log(`platform/plugins/${folder}/src/main.ts is not there: skipped`);
    return;
  }
  const target = path.join(out, `${kind}-${name}-v${manifest.dependencies[sdk]}`);
  const marker =
    JSON.stringify({ name: `twinstack-stand-in-${name}`, private: true, type: "commonjs" }, null, 2) + "\n";
  if (existsSync(target) && (await readText(path.join(target, "package.json"))) !== marker) {
    console.log(`${target} holds a plugin that is no stand-in: left alone`);
    return;
  }
  await mkdir(target, { recursive: true });
  // Also tells node that the executable, which has no extension, is a CommonJS module. First, so that a half-written
  // folder is known as ours.
  await put(path.join(target, "package.json"), marker, 0o644);
  for (const script of scripts) {
    await put(path.join(target, `${script}.js`), await bundle(path.join(sources, `${script}.ts`)), 0o644);
  }
  const executable = await bundle(path.join(sources, "main.ts"), "#!/usr/bin/env node");
  await put(path.join(target, `pulumi-${kind}-${name}`), executable, 0o755);
}

/** One CommonJS file with everything in it that does not come with node. */
async function bundle(entry, shebang) {
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node20",
    minify: true,
    keepNames: true,
    legalComments: "none",
    logLevel: "warning",
    absWorkingDir: root,
    ...(shebang === undefined ? {} : { banner: { js: shebang } }),
  });
  return result.outputFiles[0].text;
}

/** Writes a file whole or not at all, since a running CLI may be about to start it; says what it did. */
async function put(file, content, mode) {
  const changed = (await readText(file)) !== content;
  if (changed) {
    await writeFile(`${file}.new`, content, { mode });
    await rename(`${file}.new`, file);
  }
  console.log(`${file} (${Math.ceil(content.length / 1024)} KiB${changed ? "" : ", unchanged"})`);
}

async function readText(file) {
  return existsSync(file) ? readFile(file, "utf8") : undefined;
}
