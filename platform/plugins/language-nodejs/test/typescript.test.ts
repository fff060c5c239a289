import { spawnSync } from "node:child_process";
import path from "node:path";

import { buildHost, makeProject, temporaryFolder, writeFiles } from "./harness";

jest.setTimeout(60_000);

let preload = "";
beforeAll(() => {
  preload = path.join(path.dirname(buildHost()), "preload.js");
});

/** Stands where the SDK's runner would stand. */
const RUNNER = "@pulumi/pulumi/cmd/run.js";

/** Registers TypeScript as the SDK does, then loads the program and prints what it exports. */
const REGISTER_AND_LOAD = `
  require("source-map-support/register");
  const { typeScriptRequireStrings, loadTypeScriptCompilerOptions } = require("@pulumi/pulumi/tsutils");
  const { tsnodeRequire, typescriptRequire } = typeScriptRequireStrings();
  const compilerOptions = {
    target: "ES2020", module: "nodenext", moduleResolution: "nodenext", sourceMap: "true",
    ...loadTypeScriptCompilerOptions("tsconfig.json"),
  };
  const transpileOnly = process.env.PULUMI_NODEJS_TRANSPILE_ONLY === "true";
  require(tsnodeRequire).register({ compiler: typescriptRequire, transpileOnly, project: "tsconfig.json", compilerOptions });
  Promise.resolve(require(process.cwd() + "/index.ts")).then((exports) => console.log(JSON.stringify(exports)));
`;

function load(
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): { exports: unknown; stderr: string } {
  const folder = makeProject({
    "package.json": "{}",
    "tsconfig.json": "{}",
    [RUNNER]: REGISTER_AND_LOAD,
    ...files,
  });
  const { stdout, stderr } = spawnSync(process.execPath, [`--require=${preload}`, RUNNER], {
    cwd: folder,
    env: { ...process.env, NODE_PATH: path.resolve(__dirname, "../../../../node_modules"), ...environment },
    encoding: "utf8",
  });
  return { exports: stdout === "" ? undefined : (JSON.parse(stdout) as unknown), stderr };
}

test("what only TypeScript has is compiled", () => {
  const { exports, stderr } = load({
    "colour.ts": `
      export enum Colour { Red = "red" }
      export namespace Numbers { export const one = 1; }
      export abstract class Base<T> { constructor(protected readonly value: T) {} abstract get(): T; }`,
    "index.ts": `
      import fs from "node:fs";
      import type { Colour as Type } from "./colour";
      import { Base, Colour, Numbers } from "./colour";
      class Box extends Base<number> { declare extra?: string; get(): number { return this.value; } }
      const red: Type = Colour.Red;
      const box = new Box(3);
      export = { red, one: Numbers.one, box: box.get(), declared: "extra" in box, read: typeof fs.readFileSync };`,
  });
  expect(stderr).toBe("");
  expect(exports).toEqual({ red: "red", one: 1, box: 3, declared: false, read: "function" });
});

test.each([
  [false, { field: "set by the base" }],
  [true, {}],
])("tsconfig.json is heeded: useDefineForClassFields %s", (useDefineForClassFields, expected) => {
  const { exports } = load({
    "tsconfig.json": JSON.stringify({ compilerOptions: { useDefineForClassFields } }),
    "index.ts": `
      class Base { constructor() { Object.assign(this, { field: "set by the base" }); } }
      class Derived extends Base { field?: string; }
      export = { ...new Derived() };`,
  });
  expect(exports).toEqual(expected);
});

test("tsconfig.json is heeded: decorators of the older kind", () => {
  const { exports, stderr } = load({
    "tsconfig.json": JSON.stringify({ compilerOptions: { experimentalDecorators: true } }),
    "index.ts": `
      const names: string[] = [];
      const note = (_target: object, name: string) => { names.push(name); };
      class Noted { @note method() {} }
      export = { names };`,
  });
  expect(stderr).toBe("");
  expect(exports).toEqual({ names: ["method"] });
});

test("types are not checked", () => {
  const { exports } = load({ "index.ts": 'const size: number = "three"; export = { size };' });
  expect(exports).toEqual({ size: "three" });
});

test("types are checked when the user asks for it", () => {
  const { exports, stderr } = load(
    { "index.ts": 'const size: number = "three"; export = { size };' },
    { PULUMI_NODEJS_TRANSPILE_ONLY: "false" },
  );
  expect(exports).toBeUndefined();
  expect(stderr).toContain("Type 'string' is not assignable to type 'number'");
});

test("stack traces point at the lines of the TypeScript files", () => {
  const { stderr } = load({
    "index.ts": 'import { fail } from "./fail";\n\nexport = fail("now");\n',
    "fail.ts":
      "interface Gone {\n  readonly long: string;\n}\n\nexport function fail(why: string): Gone {\n  throw new Error(why);\n}\n",
  });
  expect(stderr).toMatch(
    /Error: now\n\s+at fail \(.*\/fail\.ts:6:9\)\n\s+at Object\.<anonymous> \(.*\/index\.ts:3:14\)/,
  );
});

test("the maps of installed packages are left alone: they lead to sources that aren't there", () => {
  const { exports } = load({
    "index.ts": `
      import { Resource } from "@pulumi/pulumi";
      export = (Resource as unknown as { callsites(): { file?: string }[] }).callsites()[0];`,
  });
  expect(exports).toMatchObject({ file: expect.stringMatching(/@pulumi\/pulumi\/resource\.js$/) as string });
});

test("a syntax error is shown with its line, and without the compiler's own trace", () => {
  const { stderr } = load({ "index.ts": "export const a = 1;\nconst b: = 2;\n" });
  expect(stderr).toMatch(/SyntaxError: .*Unexpected token/);
  expect(stderr).toMatch(/index\.ts:2:1/);
  expect(stderr.split("cause")[0]).not.toContain("backtrace");
});

/** Runs a script with the preloaded one and returns what it prints. */
function runPreloaded(script: string, files: Readonly<Record<string, string>>): string {
  const cwd = writeFiles(temporaryFolder(), files);
  return spawnSync(process.execPath, [`--require=${preload}`, script], { cwd, encoding: "utf8" }).stdout;
}

test("processes that a program forks are left alone", () => {
  const fork = "console.log(process.env.PULUMI_NODEJS_TRANSPILE_ONLY);";
  expect(runPreloaded("fork.js", { "fork.js": fork })).toBe("undefined\n");
});

test("without swc the SDK's own ts-node does it, told not to check types", () => {
  const printed = runPreloaded("node_modules/@pulumi/pulumi/cmd/run/index.js", {
    "node_modules/source-map-support/index.js": "exports.install = () => undefined;",
    "node_modules/@pulumi/pulumi/package.json": '{"name":"@pulumi/pulumi"}',
    "node_modules/@pulumi/pulumi/vendor/ts-node@7.0.1/index.js": 'exports.VERSION = "7.0.1";',
    "node_modules/@pulumi/pulumi/cmd/run/index.js": `
      const { VERSION } = require("../../vendor/ts-node@7.0.1");
      console.log(VERSION, process.env.PULUMI_NODEJS_TRANSPILE_ONLY);`,
  });
  expect(printed).toBe("7.0.1 true\n");
});
