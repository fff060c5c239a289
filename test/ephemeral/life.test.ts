import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { descriptionOf } from "../support/description";
import { isAlive, type Process, processesOf } from "./processes";
import type { RunRecord } from "./folder";

// The whole life of a run, its watchdog included, with real processes and real signals. Only `pulumi` and `kubectl` are
// scripts that keep a stack and its objects in files: what those do to clusters is for the scenario to show.

/** `make` has one object made, slowly; every other command is quick. */
const pulumi = `#!/bin/sh
cd "$STAND"
echo "$*" >>calls
case "$*" in
  *"stack init"*) touch stack; echo "encryptionsalt: v1" >"$CHECKOUT/$2/Pulumi.$5.yaml" ;;
  *"stack ls"*) [ -e stack ] && echo "[{\\"name\\":\\"$(basename "$CHECKOUT"/.local/runs/test-*)\\"}]" || echo "[]" ;;
  *"stack output"*) echo '{"endpoints":{"a":"http://198.51.100.1:30000"},"namespaces":{},"image":"web"}' ;;
  *"stack export"*) echo '{"deployment":{}}' ;;
  *"stack rm"*) rm -f stack ;;
  *destroy*) [ ! -e destroy-fails ] || { rm destroy-fails; echo "pending operations" >&2; exit 255; }; rm -f objects ;;
  up*) printf 'v1\\tConfigMap\\tdefault\\tweb\\t%s\\t\\t\\t\\t\\n' "$TWINSTACK_RUN_ID" >objects
       [ ! -e up-fails ] || exit 255
       trap 'echo interrupted >>calls; exit 255' INT TERM
       while [ -e up-hangs ]; do sleep 0.05; done ;;
esac
`;
const kubectl = `#!/bin/sh
cd "$STAND"
[ ! -e gone ] || { echo "no route to host" >&2; exit 1; }
case "$*" in
  *readyz*) ;;
  *api-resources*) echo configmaps ;;
  *"get services"*) ;;
  *"get configmaps"*) [ ! -e objects ] || cat objects ;;
  *delete*) echo "kubectl $*" >>calls; rm -f objects ;;
esac
`;

let checkout: string;
let stand: string;
let program: string;
let registry: Server;

beforeAll(async () => {
  checkout = mkdtempSync(join(tmpdir(), "twinstack-life-"));
  program = join(checkout, "main.cjs");
  const sources = join(__dirname, "main.ts");
  execFileSync(
    "node_modules/.bin/esbuild",
    [sources, "--bundle", "--platform=node", `--outfile=${program}`],
    {
      stdio: "pipe",
    },
  );
  registry = createServer((request, answer) => {
    answer.writeHead(request.url?.startsWith("/v2/_catalog") === true ? 200 : 404);
    answer.end('{"repositories":[]}');
  });
  await new Promise<void>((done) => registry.listen(0, "127.0.0.1", done));
  const { port } = registry.address() as AddressInfo;
  const local = descriptionOf("local");
  const images = {
    ...local.images,
    registry: `127.0.0.1:${port}/twinstack`,
    nginx: `127.0.0.1:${port}/nginx:1`,
  };
  const config = { "twinstack:topology": { ...local, images: { ...images, valkey: images.nginx } } };
  mkdirSync(join(checkout, "stacks"));
  writeFileSync(join(checkout, "stacks/Pulumi.local.yaml"), stringify({ config }));
});
afterAll(() => {
  registry.closeAllConnections();
  registry.close();
  rmSync(checkout, { recursive: true, force: true });
});

const started: ChildProcess[] = [];
beforeEach(() => {
  stand = join(checkout, "stand");
  mkdirSync(join(stand, "bin"), { recursive: true });
  for (const [name, script] of Object.entries({ pulumi, kubectl })) {
    writeFileSync(join(stand, "bin", name), script);
    chmodSync(join(stand, "bin", name), 0o755);
  }
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  rmSync(stand, { recursive: true, force: true });
});

const mark = (name: string): void => {
  writeFileSync(join(stand, name), "");
};
const calls = (): string => readFileSync(join(stand, "calls"), "utf8");

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<[number | null, NodeJS.Signals | null]>;
}

function start(...args: string[]): Started {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: checkout,
    env: {
      ...process.env,
      STAND: stand,
      CHECKOUT: checkout,
      PATH: `${join(stand, "bin")}:${process.env["PATH"] ?? ""}`,
      PULUMI_BACKEND_URL: "",
      PULUMI_HOME: join(checkout, "home"),
    },
  });
  started.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  }
  return { child, output: () => output, exit: once(child, "exit") as Started["exit"] };
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let wait = 0; wait < 600; wait += 1) {
    if (isSo()) return;
    await sleep(50);
  }
  throw new Error(`not within 30 s: ${what}`);
}

/** The run's id and its keepers, once it has both. */
async function recordOf({ output }: Started): Promise<RunRecord> {
  const record = (): RunRecord | undefined => {
    const id = /run (\S+): stack/.exec(output())?.[1] ?? "";
    const file = join(checkout, `.local/runs/test-${id}/run.json`);
    const found = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as RunRecord) : undefined;
    return found?.keepers.length === 2 ? found : undefined;
  };
  await until("the run has a watchdog", () => record() !== undefined);
  return record() as RunRecord;
}

/** Nothing that a run leaves: no stack, no object, no folder, no process. */
function expectNothingLeft(id: string): void {
  expect(["stack", "objects"].filter((file) => existsSync(join(stand, file)))).toEqual([]);
  expect(existsSync(join(checkout, `.local/runs/test-${id}`))).toBe(false);
  expect(processesOf(id)).toEqual([]);
}

const idIn = (output: string): string => /run (\S+): stack/.exec(output)?.[1] ?? "";

const longMilliseconds = 120_000;

test(
  "a command is told where the stack is, and its exit code is the run's",
  async () => {
    const run = start("up", "--run", 'echo "at $TWINSTACK_ENDPOINT of $TWINSTACK_STACK"; exit 3');
    expect(await run.exit).toEqual([3, null]);
    const id = idIn(run.output());
    expect(run.output()).toContain(`at http://198.51.100.1:30000 of test-${id}`);
    expect(run.output()).toContain("destroyed: nothing is left");
    expectNothingLeft(id);
  },
  longMilliseconds,
);

test(
  "an up that fails half-way is destroyed, with its state repaired where it must be",
  async () => {
    mark("up-fails");
    mark("destroy-fails");
    const run = start("up", "--run", "echo never");
    expect(await run.exit).toEqual([70, null]);
    expect(run.output()).not.toContain("never\n");
    expect(calls()).toMatch(
      /cancel --yes[^]*destroy[^]*refresh .*--clear-pending-creates[^]*destroy[^]*stack rm/,
    );
    expectNothingLeft(idIn(run.output()));
  },
  longMilliseconds,
);

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s ends an up in good order, and then the stack goes",
  async (signal) => {
    mark("up-hangs");
    const run = start("up", "--run", "true");
    const { keepers } = await recordOf(run);
    await until("up began", () => existsSync(join(stand, "objects")));
    run.child.kill(signal);
    expect(await run.exit).toEqual([{ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal], null]);
    expect(calls()).toContain("interrupted");
    expectNothingLeft(idIn(run.output()));
    expect(keepers.some(isAlive)).toBe(false);
  },
  longMilliseconds,
);

const kill9 = (run: Started): void => {
  run.child.kill("SIGKILL");
};

test(
  "after kill -9 in the middle of up the watchdog stops Pulumi, destroys the stack, and ends",
  async () => {
    mark("up-hangs");
    const run = start("up", "--run", "true");
    const record = await recordOf(run);
    await until("up began", () => existsSync(join(stand, "objects")));
    expect(processesOf(record.run.id).length).toBeGreaterThan(0);
    kill9(run);
    const watchdog = record.keepers[1] as Process;
    await until("the watchdog ended", () => !isAlive(watchdog));
    expect(calls()).toContain("interrupted");
    expectNothingLeft(record.run.id);
  },
  longMilliseconds,
);

test(
  "after kill -9 in the middle of the command its processes go too",
  async () => {
    const run = start("up", "--run", "sleep 300 & sleep 300");
    const record = await recordOf(run);
    await until("the command runs", () => processesOf(record.run.id).length > 1);
    kill9(run);
    await until("the watchdog ended", () => !isAlive(record.keepers[1] as Process));
    expectNothingLeft(record.run.id);
  },
  longMilliseconds,
);

test(
  "what even the watchdog could not do, reap does: not before its time, and not on a dry run",
  async () => {
    const run = start("up", "--run", "sleep 300");
    const record = await recordOf(run);
    await until("the command runs", () => processesOf(record.run.id).length > 0);
    process.kill((record.keepers[1] as Process).pid, "SIGKILL");
    kill9(run);
    await run.exit;

    // Other runs of this machine are not ours to reap.
    const only = ["--only", record.run.id];
    const early = start("reap", ...only);
    expect(await early.exit).toEqual([0, null]);
    expect(early.output()).toMatch(/has 2 h left +kept/);
    const dry = start("reap", "--older-than", "0s", "--dry-run", ...only);
    expect(await dry.exit).toEqual([0, null]);
    expect(dry.output()).toMatch(/would be destroyed/);
    expect(existsSync(join(stand, "stack"))).toBe(true);

    const reaped = start("reap", "--older-than", "0s", ...only);
    expect(await reaped.exit).toEqual([0, null]);
    expect(reaped.output()).toMatch(/backend: 0 resources.*files.*processes.*destroyed, nothing is left/);
    expectNothingLeft(record.run.id);
    const again = start("reap", "--older-than", "0s", ...only);
    expect(await again.exit).toEqual([0, null]);
    expect(again.output()).toContain("no test stack was found");
  },
  longMilliseconds,
);

test(
  "a cluster that is gone is told, and its objects are reaped when it is back",
  async () => {
    mark("up-hangs");
    const run = start("up", "--run", "true");
    const { id } = (await recordOf(run)).run;
    await until("up began", () => existsSync(join(stand, "objects")));
    mark("gone");
    rmSync(join(stand, "up-hangs"));
    // What Pulumi forgets there is still there.
    const objects = readFileSync(join(stand, "objects"));
    expect(await run.exit).toEqual([75, null]);
    expect(run.output()).toContain("cluster twinstack-a does not answer");
    expect(existsSync(join(stand, "stack"))).toBe(false);

    rmSync(join(stand, "gone"));
    writeFileSync(join(stand, "objects"), objects);
    const reaped = start("reap", "--older-than", "0s", "--only", id);
    expect(await reaped.exit).toEqual([0, null]);
    expect(calls()).toMatch(/kubectl .*delete configmap\/web --namespace default/);
    expectNothingLeft(id);
  },
  longMilliseconds,
);
