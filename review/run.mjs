// Runs review/main.ts, whose TypeScript, like that of the programs it looks at, is only stripped of its types.
// Usage: node review/run.mjs preview|report|drift ...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { transformSync } from "@swc/core";

const require = createRequire(import.meta.url);
const options = {
  swcrc: false,
  configFile: false,
  sourceMaps: "inline",
  module: { type: "commonjs" },
  jsc: { target: "es2022", parser: { syntax: "typescript" } },
};
require.extensions[".ts"] = (module, filename) => {
  module._compile(transformSync(readFileSync(filename, "utf8"), { ...options, filename }).code, filename);
};

const { main } = require("./main.ts");
process.exitCode = await main(process.argv.slice(2));
