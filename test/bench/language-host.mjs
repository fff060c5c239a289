import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { must } from "./support/command.mjs";
import { row } from "./support/report.mjs";

const roundCount = 5;

/** Does what the SDK's program runner does up to the point where the program's resources are made. */
const load = `
const sdk = require("module").createRequire(process.argv[1]);
const { loadTypeScriptCompilerOptions, typeScriptRequireStrings } = sdk("../../tsutils");
const { tsnodeRequire, typescriptRequire } = typeScriptRequireStrings();
const compilerOptions = loadTypeScriptCompilerOptions("tsconfig.json");
sdk(typescriptRequire);
sdk(tsnodeRequire).register({
  compiler: typescriptRequire,
  transpileOnly: process.env.PULUMI_NODEJS_TRANSPILE_ONLY === "true",
  project: "tsconfig.json",
  compilerOptions: { target: "ES2020", module: "nodenext", moduleResolution: "nodenext", ...compilerOptions },
});
require(process.argv[2]);
`;

/** Loading this project's components with @pulumi/kubernetes: our hook against the SDK's own ts-node. */
export async function languageHost(session) {
  const preload = preloadScript();
  const cache = session.scratch("ts-node");
  const probe = async (nodeArguments, env) => {
    const subject = [resolve("node_modules/@pulumi/pulumi/cmd/run/index.js"), resolve("components/index.ts")];
    return (await must(process.execPath, [...nodeArguments, "-e", load, ...subject], { env })).seconds;
  };
  const tsNode = (transpileOnly, cached) => () =>
    probe([], {
      PULUMI_NODEJS_TRANSPILE_ONLY: String(transpileOnly),
      TS_NODE_CACHE: String(cached),
      TS_NODE_CACHE_DIRECTORY: cache,
    });
  session.say("program load: ts-node fills its cache");
  await tsNode(false, true)();

  const seen = await session.rounds("program load", roundCount, {
    swc: () => probe([`--require=${preload}`], {}),
    "ts-node, transpile only": tsNode(true, false),
    "ts-node, cached": tsNode(false, true),
    "ts-node, checking": tsNode(false, false),
  });
  const { swc, ...others } = seen;
  return [
    row("program load with our swc hook", "node --require=preload.js", "s", swc, { peers: others }),
    row(
      "peer: ts-node, transpile only",
      "register({transpileOnly: true})",
      "s",
      others["ts-node, transpile only"],
    ),
    row("peer: ts-node, unchanged source", "register({}), cache filled", "s", others["ts-node, cached"]),
    row("peer: ts-node, changed source", "register({}), no cache", "s", others["ts-node, checking"]),
  ];
}

function preloadScript() {
  const { version } = JSON.parse(readFileSync("node_modules/@pulumi/pulumi/package.json", "utf8"));
  const file = join(process.env.PULUMI_HOME ?? "", `plugins/language-nodejs-v${version}/preload.js`);
  if (!existsSync(file)) {
    throw new Error(`${file} is missing; the stand-in language host must be installed: run 'make up' first`);
  }
  return file;
}
