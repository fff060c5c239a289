import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { version } from "@pulumi/pulumi/version";

import { temporaryFolder } from "./harness";

const script = path.resolve(__dirname, "../../build.mjs");
const build = (out: string): string =>
  execFileSync(process.execPath, [script, "--out", out, "language-nodejs"], { encoding: "utf8" });

test("plugins are written where the CLI looks for them, and only when they change", () => {
  const out = temporaryFolder();
  const executable = path.join(out, `language-nodejs-v${version}/pulumi-language-nodejs`);
  expect(build(out)).toContain(`${executable} (`);
  const before = statSync(executable);
  expect(before.mode & 0o111).toBe(0o111);

  expect(build(out).match(/unchanged/g)).toHaveLength(3);
  expect(statSync(executable).mtimeMs).toBe(before.mtimeMs);
  writeFileSync(executable, "#!/usr/bin/env node\n");
  build(out);
  expect(statSync(executable).size).toBe(before.size);
});

test("an official plugin in the same place is left alone", () => {
  const out = temporaryFolder();
  const folder = path.join(out, `language-nodejs-v${version}`);
  mkdirSync(folder);
  writeFileSync(path.join(folder, "pulumi-language-nodejs"), "official");
  expect(build(out)).toBe(`${folder} holds a plugin that is no stand-in: left alone\n`);
  expect(readFileSync(path.join(folder, "pulumi-language-nodejs"), "utf8")).toBe("official");
});

test("a plugin that does not exist is refused", () => {
  const { status, stderr } = spawnSync(process.execPath, [script, "aws"], { encoding: "utf8" });
  expect(status).toBe(2);
  expect(stderr).toBe(
    "PLUGIN is aws; must be one of language-nodejs, resource-kubernetes, resource-docker, resource-random, resource-tls\n",
  );
});
