import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { findOnPath } from "../src/npm";
import { buildHost, FIXTURES, recordedProject, temporaryFolder, writeFiles } from "./harness";

jest.setTimeout(60_000);

/** The real CLI: the checkout's own once `make up` or `make test` has built it, or an installed one. */
const checkoutsOwn = path.resolve(__dirname, "../../../../.local/bin/pulumi");
const pulumi = existsSync(checkoutsOwn) ? checkoutsOwn : findOnPath("pulumi");

(pulumi === undefined ? describe.skip : describe)(
  "under the real CLI a user reads what the official host gave",
  () => {
    const project = recordedProject();
    const home = temporaryFolder();
    const environment = {
      ...process.env,
      PULUMI_HOME: home,
      PULUMI_BACKEND_URL: `file://${home}/backend`,
      PULUMI_CONFIG_PASSPHRASE: "x",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    const run = (...args: string[]): string =>
      execFileSync(pulumi ?? "", [...args, "--stack", "v"], {
        cwd: project,
        env: environment,
        encoding: "utf8",
      });

    beforeAll(() => {
      // No plugin of the recorded run's kubernetes package is there to be loaded.
      writeFiles(project, {
        "node_modules/@pulumi/kubernetes/package.json": "{}",
        "Pulumi.yaml": "name: language\nruntime: nodejs\n",
      });
      mkdirSync(path.join(home, "backend"));
      buildHost(path.join(home, "plugins"));
      execFileSync(pulumi ?? "", ["stack", "init", "v"], { cwd: project, env: environment, stdio: "pipe" });
      run("config", "set", "--secret", "token", "t0ken");
    });

    test.each([
      ["ok", "ok", []],
      ["log", "log", []],
      ["throw", "throw", []],
      ["run-error", "run-error", []],
      ["resource-error", "resource-error", []],
      ["policy-big", "big", ["--policy-pack", "policy"]],
    ])("%s", (name, mode, args) => {
      run("config", "set", "mode", mode);
      const { stdout, stderr, status } = spawnSync(
        pulumi ?? "",
        ["preview", "--stack", "v", "--non-interactive", "--color", "never", ...args],
        { cwd: project, env: environment, encoding: "utf8" },
      );
      const official = readFileSync(path.join(FIXTURES, `out-${name}.txt`), "utf8")
        .replaceAll("/project", project)
        .replaceAll('"vec2"', JSON.stringify(path.basename(project)));
      expect(closing(stdout)).toEqual(closing(official));
      expect(stdout + stderr).not.toContain("from $PATH");
      expect(status).toBe(name === "ok" || name === "log" ? 0 : 1);
    });
  },
);

/**
 * The summary at the end of a preview, line by line. Groups and streams come in any order; the recorded CLI found its
 * plugins on PATH and warned; frames below the program's own are those of the TypeScript loader.
 */
function closing(output: string): string[] {
  const lines = output.replaceAll(/\u001b?\[\d+m/g, "").split("\n"); // eslint-disable-line no-control-regex
  return lines
    .slice(lines.findIndex((line) => /^(Policies|Diagnostics|Outputs|Resources):$/.test(line)))
    .filter((line) => line.trim() !== "" && !line.includes("from $PATH"))
    .filter((line) => line !== "Diagnostics:" && line !== "  pulumi:pulumi:Stack (language-v):")
    .filter((line) => !/^ +at /.test(line) || line.includes("stacks/index.ts"))
    .sort();
}
