// Runs every check that needs no running environment, shows progress, and closes with 'N passed, N failed'.
// Usage: node test/run.mjs [--only static|unit]
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const scratch = mkdtempSync(join(tmpdir(), "twinstack-test-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

/** Go modules of the repository that hold code of ours. */
const goModules = ["services", "platform", "test/chaos"];

/** One tool run that counts as one check: its exit code is its verdict. */
const tool = (name, command, args, cwd = ".") => ({
  name,
  run: async () => {
    const { code, output } = await execute(command, args, cwd);
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, output };
  },
});

const gofmt = (module) => ({
  name: `gofmt ${module}`,
  run: async () => {
    const { code, output } = await execute("gofmt", ["-l", module]);
    const clean = code === 0 && output.trim() === "";
    return { passed: clean ? 1 : 0, failed: clean ? 0 : 1, output: `not formatted:\n${output}` };
  },
});

const jest = {
  name: "jest",
  run: async () => {
    const report = join(scratch, "jest.json");
    const { code, output } = await execute("npx", ["jest", "--json", `--outputFile=${report}`]);
    try {
      const result = JSON.parse(readFileSync(report, "utf8"));
      const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
      // A run that fails without a failed test (an open handle, a crash) must not pass.
      return { passed: result.numPassedTests, failed: failed || (code === 0 ? 0 : 1), output };
    } catch {
      return { passed: 0, failed: 1, output };
    }
  },
};

const goTest = (module) => ({
  name: `go test -race ${module}`,
  run: async () => {
    const { code, output } = await execute("go", ["test", "-race", "-json", "./..."], module);
    let passed = 0;
    let failed = 0;
    const shown = [];
    for (const line of output.split("\n")) {
      let event;
      try {
        event = JSON.parse(line);
      } catch {
        if (line !== "") shown.push(`${line}\n`);
        continue;
      }
      if (event.Output !== undefined) shown.push(event.Output);
      if (event.Test === undefined) continue;
      if (event.Action === "pass") passed += 1;
      if (event.Action === "fail") failed += 1;
    }
    return { passed, failed: failed || (code === 0 ? 0 : 1), output: shown.join("") };
  },
});

const statics = [
  // Pulumi writes it beside the configuration; it fits only the passphrase that one checkout generated.
  tool("no generated salt is committed", "sh", [
    "-c",
    "! git grep -n '^encryptionsalt:' HEAD -- stacks/Pulumi.local.yaml",
  ]),
  tool("prettier", "npx", ["prettier", "--check", "--log-level", "warn", "."]),
  tool("tsc", "npx", ["tsc", "--noEmit"]),
  tool("eslint", "npx", ["eslint", "--max-warnings", "0", "."]),
  tool("toolchain staticcheck", "platform/run", ["toolchain", "tools"]),
  ...goModules.flatMap((module) => [
    gofmt(module),
    tool(`go vet ${module}`, "go", ["vet", "./..."], module),
    tool(`staticcheck ${module}`, join(process.cwd(), ".local/bin/staticcheck"), ["./..."], module),
  ]),
];
const units = [jest, ...goModules.map(goTest)];

function execute(command, args, cwd = ".") {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const chunks = [];
    const started = Date.now();
    const progress = setInterval(() => {
      console.log(`      still running, ${Math.round((Date.now() - started) / 1000)} s`);
    }, 30_000);
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    const finish = (code, extra = "") => {
      clearInterval(progress);
      resolve({ code, output: Buffer.concat(chunks).toString() + extra });
    };
    child.on("error", (error) => finish(1, String(error)));
    child.on("close", (code) => finish(code ?? 1));
  });
}

const only = process.argv[2] === "--only" ? process.argv[3] : undefined;
const suites = { static: statics, unit: units };
if (only !== undefined && !(only in suites)) {
  console.error(`--only is ${JSON.stringify(only)}; must be static or unit`);
  process.exit(2);
}
const checks = only === undefined ? [...statics, ...units] : suites[only];

let passed = 0;
let failed = 0;
for (const [index, check] of checks.entries()) {
  const position = `[${String(index + 1).padStart(2)}/${checks.length}]`;
  console.log(`${position} ${check.name}`);
  const started = Date.now();
  const result = await check.run();
  passed += result.passed;
  failed += result.failed;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (result.failed > 0) console.log(result.output.trimEnd());
  console.log(`      ${result.passed} passed, ${result.failed} failed in ${seconds} s`);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
