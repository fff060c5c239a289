import { existsSync } from "node:fs";
import path from "node:path";

import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  GetProgramDependenciesRequest,
  InstallDependenciesRequest,
  RuntimeOptionsRequest,
} from "@pulumi/pulumi/proto/language_pb";
import type { InstallDependenciesResponse } from "@pulumi/pulumi/proto/language_pb";

import { buildHost, RunningHost, temporaryFolder, writeFiles } from "./harness";
import { call, programInfo } from "./requests";

jest.setTimeout(60_000);

let host: RunningHost;
beforeAll(async () => {
  host = await RunningHost.start(buildHost());
});
afterAll(async () => {
  await host.stop();
});

/** Installs the dependencies of a project; returns what was streamed, and how it ended. */
function install(
  folder: string,
  options = {},
): Promise<{ stdout: string; stderr: string; error: string | undefined }> {
  const stream = host.client.installDependencies(
    new InstallDependenciesRequest().setInfo(programInfo(folder, options)),
  );
  let stdout = "";
  let stderr = "";
  stream.on("data", (response: InstallDependenciesResponse) => {
    stdout += Buffer.from(response.getStdout_asU8()).toString("utf8");
    stderr += Buffer.from(response.getStderr_asU8()).toString("utf8");
  });
  return new Promise((resolve) => {
    stream.on("error", ({ details }: Error & { details: string }) => {
      resolve({ stdout, stderr, error: details });
    });
    stream.on("end", () => {
      resolve({ stdout, stderr, error: undefined });
    });
  });
}

/** A project whose only dependency is a folder of its own, so that nothing is fetched. */
function projectWith(dependency: string): string {
  return writeFiles(temporaryFolder(), {
    "package.json": JSON.stringify({
      name: "project",
      version: "1.0.0",
      dependencies: { local: dependency },
    }),
    "local/package.json": JSON.stringify({ name: "local", version: "1.2.3" }),
  });
}

test("dependencies are installed, and what npm prints is streamed", async () => {
  const folder = projectWith("file:./local");
  const { stdout, error } = await install(folder);
  expect(error).toBeUndefined();
  expect(stdout).toMatch(
    /^Installing dependencies\.\.\.\n\n[^]*added 1 package[^]*Finished installing dependencies\n\n$/,
  );
  expect(existsSync(path.join(folder, "node_modules/local/package.json"))).toBe(true);

  const dependencies = await call(
    host.client,
    LanguageRuntimeService.getProgramDependencies,
    new GetProgramDependenciesRequest().setInfo(programInfo(folder)).setTransitivedependencies(true),
  );
  expect(dependencies.toObject().dependenciesList).toEqual([{ name: "local", version: "1.2.3" }]);
});

test("an installation that fails: npm's own words, then where it was", async () => {
  const folder = projectWith("file:./missing.tgz");
  const { stderr, error } = await install(folder);
  expect(stderr).toContain("npm error");
  expect(error).toBe(`npm install failed in ${folder}; its own message is above`);
});

test("another package manager is refused before anything is installed", async () => {
  const { stdout, error } = await install(projectWith("file:./local"), { packagemanager: "yarn" });
  expect(stdout).toBe("");
  expect(error).toContain('runtime.options.packagemanager is "yarn"');
});

test("pulumi new is asked for a package manager only when the template names none", async () => {
  const ask = (options: Parameters<typeof programInfo>[1]): Promise<string[]> =>
    call(
      host.client,
      LanguageRuntimeService.runtimeOptionsPrompts,
      new RuntimeOptionsRequest().setInfo(programInfo("/", options)),
    ).then((response) => response.getPromptsList().map((prompt) => prompt.getKey()));
  expect(await ask({})).toEqual(["packagemanager"]);
  expect(await ask({ packagemanager: "npm" })).toEqual([]);
});
