import { once } from "node:events";

import { status, type ClientUnaryCall } from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  LanguageHandshakeRequest,
  GenerateProgramRequest,
  type RunResponse,
} from "@pulumi/pulumi/proto/language_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

import { Deferred } from "../../support/deferred";
import { FakeEngine } from "./fake-engine";
import { buildHost, isAlive, makeProject, RunningHost, until } from "./harness";
import { call, run, simpleRun } from "./requests";

jest.setTimeout(30_000);

let executable = "";
beforeAll(() => {
  executable = buildHost();
});

let engine: FakeEngine;
let address: string;
let host: RunningHost;
beforeEach(async () => {
  ({ engine, address } = await FakeEngine.start());
});
afterEach(async () => {
  await host.stop();
  engine.stop();
});

/** Starts a program that never ends by itself, and waits until it runs. */
async function startEndlessProgram(): Promise<{
  pid: number;
  given: ClientUnaryCall;
  response: Promise<RunResponse>;
}> {
  const project = makeProject({
    "package.json": "{}",
    "index.ts": 'console.log("running"); setInterval(() => undefined, 1000); export const a = 1;',
  });
  const answered = new Deferred<RunResponse>();
  const given = host.client.run(simpleRun(project, address), (error, response) => {
    if (error === null) {
      answered.resolve(response);
    }
  });
  await until("the program runs", () => host.output.includes("running"));
  const [pid = 0] = host.children();
  expect(isAlive(pid)).toBe(true);
  return { pid, given, response: answered.promise };
}

test("Cancel ends the program", async () => {
  host = await RunningHost.start(executable, address);
  const { pid, response } = await startEndlessProgram();
  await call(host.client, LanguageRuntimeService.cancel, new Empty());
  expect((await response).getError()).toBe("Program was ended by SIGINT");
  expect(isAlive(pid)).toBe(false);
});

test("the program ends when the engine gives the call up, the host stays", async () => {
  host = await RunningHost.start(executable, address);
  const { pid, given } = await startEndlessProgram();
  given.cancel();
  await until("the program is gone", () => !isAlive(pid));
  expect(host.process.exitCode).toBeNull();
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s ends the host and its program", async (signal) => {
  host = await RunningHost.start(executable, address);
  const { pid } = await startEndlessProgram();
  const exit = once(host.process, "exit");
  host.process.kill(signal);
  expect(await exit).toEqual([0, null]);
  expect(isAlive(pid)).toBe(false);
});

test("a killed engine leaves nothing behind", async () => {
  host = await RunningHost.start(executable, address);
  const { pid } = await startEndlessProgram();
  const exit = once(host.process, "exit");
  engine.stop();
  expect(await exit).toEqual([0, null]);
  expect(isAlive(pid)).toBe(false);
});

test("a host started by hand gets its engine by a handshake, and goes with it", async () => {
  host = await RunningHost.start(executable);
  const project = makeProject({ "package.json": "{}", "index.ts": "export const a = 1;" });
  await expect(run(host, simpleRun(project, address))).rejects.toMatchObject({
    code: status.FAILED_PRECONDITION,
    details: "the engine's address is unknown: call Handshake first",
  });
  const handshake = new LanguageHandshakeRequest().setEngineAddress(address);
  await call(host.client, LanguageRuntimeService.handshake, handshake);
  expect((await run(host, simpleRun(project, address))).getError()).toBe("");
  const exit = once(host.process, "exit");
  engine.stop();
  expect(await exit).toEqual([0, null]);
});

test("a program waits for a debugger, and the engine is told where", async () => {
  host = await RunningHost.start(executable, address);
  const project = makeProject({ "package.json": "{}", "index.ts": "export const a = 1;" });
  const response = run(host, simpleRun(project, address).setAttachDebugger(true));
  await until("the engine is told", () => engine.debuggers.length > 0);
  const config = engine.debuggers[0]?.getConfig()?.toJavaScript();
  expect(config).toMatchObject({ name: "Pulumi: Program (nodejs)", type: "node", request: "attach" });
  expect(host.children()).toContain(config?.["processId"]);
  await call(host.client, LanguageRuntimeService.cancel, new Empty());
  expect((await response).getError()).toBe("Program was ended by SIGINT");
});

test("a program does not wait for a debugger that nobody was told of", async () => {
  host = await RunningHost.start(executable, address);
  engine.debuggerRefusal = "no editor";
  const project = makeProject({ "package.json": "{}", "index.ts": "export const a = 1;" });
  const response = await run(host, simpleRun(project, address).setAttachDebugger(true));
  expect(response.getError()).toBe("unable to start debugging: no editor");
  expect(host.children()).toEqual([]);
});

test("what this host does not cover is refused with where to get it", async () => {
  host = await RunningHost.start(executable, address);
  await expect(
    call(host.client, LanguageRuntimeService.generateProgram, new GenerateProgramRequest()),
  ).rejects.toMatchObject({
    code: status.UNIMPLEMENTED,
    details:
      "the stand-in language host can't generate programs; " +
      "install Pulumi with its official pulumi-language-nodejs for that",
  });
});
