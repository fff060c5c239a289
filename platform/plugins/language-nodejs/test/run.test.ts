import { RunRequest } from "@pulumi/pulumi/proto/language_pb";

import { parseRuntimeOptions } from "../src/options";
import {
  nodeArguments,
  programArguments,
  programEnvironment,
  programInfo,
  responseFor,
  typescriptEnvironment,
} from "../src/run";
import { FakeEngine } from "./fake-engine";
import { buildHost, makeProject, RunningHost } from "./harness";
import * as requests from "./requests";

jest.setTimeout(30_000);

function request(): RunRequest {
  const run = new RunRequest()
    .setProject("shop")
    .setStack("eu")
    .setOrganization("acme")
    .setDryrun(true)
    .setParallel(16)
    .setMonitorAddress("127.0.0.1:1")
    .setArgsList(["--own", "argument"])
    .setConfigsecretkeysList(["shop:token"])
    .setInfo(requests.programInfo("/shop/stacks").setRootDirectory("/shop").setEntryPoint("main.ts"));
  run.getConfigMap().set("shop:token", "s3cret").set("shop:size", "3");
  return run;
}

describe("what the program's runner is given", () => {
  test("the command line", () => {
    expect(programArguments(request(), "127.0.0.1:2")).toEqual([
      ...[
        "--monitor",
        "127.0.0.1:1",
        "--engine",
        "127.0.0.1:2",
        "--organization",
        "acme",
        "--project",
        "shop",
      ],
      ...[
        "--root-directory",
        "/shop",
        "--stack",
        "eu",
        "--pwd",
        "/shop/stacks",
        "--parallel",
        "16",
        "--dry-run",
      ],
      ...["main.ts", "--own", "argument"],
    ]);
  });

  test("what is empty is left out, and an update is no dry run", () => {
    const args = programArguments(request().setOrganization("").setDryrun(false), "127.0.0.1:2");
    expect(args).not.toContain("--organization");
    expect(args).not.toContain("--dry-run");
  });

  test("the configuration is in the environment, where other users can't read it", () => {
    expect(programArguments(request(), "127.0.0.1:2").join(" ")).not.toContain("s3cret");
    const { PULUMI_CONFIG: config, PULUMI_CONFIG_SECRET_KEYS: keys } = programEnvironment(request());
    expect(JSON.parse(config ?? "")).toEqual({ "shop:token": "s3cret", "shop:size": "3" });
    expect(JSON.parse(keys ?? "")).toEqual(["shop:token"]);
  });

  test("node's own arguments, and the preloaded script as one argument", () => {
    const args = nodeArguments(parseRuntimeOptions({ nodeargs: "--max-old-space-size=512" }));
    expect(args).toEqual(["--max-old-space-size=512", expect.stringMatching(/^--require=.*\/preload\.js$/)]);
  });

  test.each([
    [{}, { PULUMI_NODEJS_TYPESCRIPT: "true" }],
    [{ typescript: false }, {}],
    [{ tsconfig: "a.json" }, { PULUMI_NODEJS_TYPESCRIPT: "true", PULUMI_NODEJS_TSCONFIG_PATH: "a.json" }],
  ])("%j sets %j", (options, environment) => {
    expect(typescriptEnvironment(parseRuntimeOptions(options))).toEqual(environment);
  });

  test("an engine that does not say where the program is", () => {
    expect(() => programInfo(undefined)).toThrow("info is missing in the engine's request");
  });
});

test.each([
  [
    { code: 0, signal: null },
    { error: "", bail: false },
  ],
  [
    { code: 32, signal: null },
    { error: "", bail: true },
  ],
  [
    { code: 1, signal: null },
    { error: "Program exited with non-zero exit code: 1", bail: false },
  ],
])("%j is answered with %j", (exit, response) => {
  expect(responseFor(exit).toObject()).toEqual(response);
});

describe("a running program", () => {
  let executable = "";
  beforeAll(() => {
    executable = buildHost();
  });

  /** Runs a program with the built host; returns the stack's outputs, the answer, and what was logged. */
  async function runProgram(
    files: Readonly<Record<string, string>>,
    options: Parameters<typeof requests.programInfo>[1] = {},
    change: (run: RunRequest, directory: string) => unknown = () => undefined,
  ): Promise<{ directory: string; outputs: unknown; error: string; bail: boolean; logs: string[] }> {
    const directory = makeProject(files);
    const { engine, address } = await FakeEngine.start();
    const host = await RunningHost.start(executable, address);
    try {
      const run = requests.simpleRun(directory, address, options);
      change(run, directory);
      const { error, bail } = (await requests.run(host, run)).toObject();
      const outputs = engine.outputs.at(-1)?.getOutputs()?.toJavaScript();
      return { directory, outputs, error, bail, logs: engine.logs.map(({ message }) => message) };
    } finally {
      await host.stop();
      engine.stop();
    }
  }

  test("sees all that the engine hands over", async () => {
    const program = `
      import * as pulumi from "@pulumi/pulumi";
      const config = new pulumi.Config();
      export = {
        stack: pulumi.getStack(), project: pulumi.getProject(), organization: pulumi.getOrganization(),
        root: pulumi.getRootDirectory(), directory: process.cwd(), dryRun: pulumi.runtime.isDryRun(),
        size: config.requireNumber("size"), token: config.get("token"), isSecret: pulumi.runtime.isConfigSecret("language:token"),
        parallel: process.env.PULUMI_NODEJS_PARALLEL, args: process.argv.slice(2), node: process.execArgv[0],
      };`;
    const { directory, outputs, error } = await runProgram(
      { "src/package.json": "{}", "src/index.ts": program },
      { nodeargs: "--no-deprecation" },
      (run, folder) => {
        run.setInfo(run.getInfo()?.setProgramDirectory(`${folder}/src`)).setArgsList(["own"]);
        run
          .setConfigsecretkeysList(["language:token"])
          .getConfigMap()
          .set("language:size", "3")
          .set("language:token", "t");
      },
    );
    expect(error).toBe("");
    expect(outputs).toEqual({
      ...{ stack: "v", project: "language", organization: "organization", dryRun: true, size: 3, token: "t" },
      ...{ isSecret: true, root: directory, directory: `${directory}/src`, parallel: "4", args: ["own"] },
      node: "--no-deprecation",
    });
  });

  test("may be JavaScript, in CommonJS or in ES modules", async () => {
    const commonJs = await runProgram({ "package.json": "{}", "index.js": "exports.kind = 'CommonJS';" });
    expect(commonJs.outputs).toEqual({ kind: "CommonJS" });
    const module = await runProgram({
      "package.json": '{"type":"module"}',
      "index.js": "export const kind = 'module';",
    });
    expect(module.outputs).toEqual({ kind: "module" });
  });

  test.each([
    ["ends with a code of its own", "process.exit(7)", "Program exited with non-zero exit code: 7"],
    [
      "is aborted",
      "process.abort()",
      expect.stringContaining("Program was ended by SIGABRT. If node ran out of memory"),
    ],
  ])("that %s", async (_, program, message) => {
    const { error, bail } = await runProgram({ "package.json": "{}", "index.ts": program });
    expect(error).toEqual(message);
    expect(bail).toBe(false);
  });

  test("that rejects a promise and forgets it fails", async () => {
    const { bail, logs } = await runProgram({
      "package.json": "{}",
      "index.ts": 'void Promise.reject(new Error("forgotten")); export const a = 1;',
    });
    expect(bail).toBe(true);
    expect(logs.join("\n")).toContain("Error: forgotten");
  });

  test("is not started with wrong options, or without the SDK", async () => {
    const wrong = await runProgram({ "package.json": "{}" }, { typescript: "yes" });
    expect(wrong.error).toBe('runtime.options.typescript is "yes"; must be true or false');
    const bare = await runProgram({ "package.json": "{}" }, {}, (run) => {
      run.setInfo(requests.programInfo("/proc"));
    });
    expect(bare.error).toBe(
      "It looks like the Pulumi SDK has not been installed. Have you run pulumi install?",
    );
  });

  test("with a tsconfig that is not there is told so", async () => {
    const { bail, logs } = await runProgram(
      { "package.json": "{}", "index.ts": "" },
      { tsconfig: "nope.json" },
    );
    expect(bail).toBe(true);
    expect(logs.join("\n")).toContain("tsconfig path was set to nope.json but the file was not found");
  });
});
