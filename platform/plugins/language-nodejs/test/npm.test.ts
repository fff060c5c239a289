import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { npmInstallArguments, npmVersion, programDependencies } from "../src/npm";
import { parseRuntimeOptions } from "../src/options";
import { temporaryFolder } from "./harness";

const options = (raw: Readonly<Record<string, unknown>> = {}): ReturnType<typeof parseRuntimeOptions> =>
  parseRuntimeOptions(raw);

test.each([
  [{}, false, false, ["install", "--loglevel=error"]],
  [{ production: true }, false, false, ["install", "--loglevel=error", "--omit=dev"]],
  [{}, true, false, ["install", "--loglevel=error", "--omit=dev"]],
  [{ packagemanager: "npm" }, false, true, ["install", "--loglevel=error", "--color=always"]],
])("npm's arguments for %j, plugin %s, terminal %s", (raw, isPlugin, isTerminal, expected) => {
  expect(npmInstallArguments(options(raw), isPlugin, isTerminal)).toEqual(expected);
});

test("another package manager is refused with what to do", () => {
  expect(() => npmInstallArguments(options({ packagemanager: "pnpm" }), false, false)).toThrow(
    'runtime.options.packagemanager is "pnpm"; the stand-in language host installs with npm only: ' +
      "set it to npm, install with pnpm yourself, or use the official pulumi-language-nodejs",
  );
});

test("the version of npm is read without starting it", () => {
  expect(npmVersion()).toMatch(/^\d+\.\d+\.\d+$/);
});

describe("dependencies", () => {
  function project(): string {
    const folder = temporaryFolder();
    const manifest = {
      dependencies: { a: "^1.0.0" },
      devDependencies: { "@s/b": "^2.0.0", local: "file:local" },
    };
    const packages = {
      "": { version: "0.1.0" },
      "node_modules/a": { version: "1.2.3" },
      "node_modules/a/node_modules/@s/b": { version: "1.0.0" },
      "node_modules/@s/b": { version: "2.0.1" },
      "node_modules/c": { version: "3.0.0" },
      "node_modules/local": { link: true },
    };
    mkdirSync(path.join(folder, "stacks"));
    writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest));
    writeFileSync(path.join(folder, "package-lock.json"), JSON.stringify({ packages }));
    return path.join(folder, "stacks");
  }

  test("direct: those that package.json names, in the version at the top", () => {
    expect(programDependencies(project(), false)).toEqual([
      { name: "a", version: "1.2.3" },
      { name: "@s/b", version: "2.0.1" },
    ]);
  });

  test("transitive: all that are installed", () => {
    expect(programDependencies(project(), true).map(({ name, version }) => `${name}@${version}`)).toEqual([
      "a@1.2.3",
      "@s/b@1.0.0",
      "@s/b@2.0.1",
      "c@3.0.0",
    ]);
  });

  test("without a lock file it says what to do", () => {
    const folder = temporaryFolder();
    expect(() => programDependencies(folder, false)).toThrow(
      `no package-lock.json found (searching upwards from ${folder}); run npm install`,
    );
  });
});
