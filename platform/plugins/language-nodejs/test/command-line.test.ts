import { execFileSync } from "node:child_process";

import { version } from "@pulumi/pulumi/version";

import { parsePluginArguments } from "../../support/serve";
import { buildHost } from "./harness";

test("--version", () => {
  expect(execFileSync(buildHost(), ["--version"], { encoding: "utf8" })).toBe(`${version}\n`);
});

test.each([
  [["127.0.0.1:1"], "127.0.0.1:1"],
  [["--logtostderr", "-v=9", "--tracing", "http://localhost:9411", "127.0.0.1:1"], "127.0.0.1:1"],
  [["--logflow", "127.0.0.1:1"], "127.0.0.1:1"],
  [[], undefined],
])("the engine's address in %j is %s", (argv, expected) => {
  expect(parsePluginArguments(argv)).toEqual({ version: false, engineAddress: expected });
});
