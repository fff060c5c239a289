import { LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  AboutRequest,
  GetRequiredPackagesRequest,
  GetRequiredPluginsRequest,
} from "@pulumi/pulumi/proto/language_pb";
import { version } from "@pulumi/pulumi/version";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

import { FakeEngine } from "./fake-engine";
import { buildHost, recorded, recordedProject, RunningHost, type Recorded } from "./harness";
import { call, programInfo, run, runRequest } from "./requests";

jest.setTimeout(30_000);

const project = recordedProject();
let executable = "";
beforeAll(() => {
  executable = buildHost();
});

interface Replay {
  readonly messages: readonly Recorded[];
  readonly response: { error?: string; bail?: boolean };
  readonly engine: FakeEngine;
  readonly output: readonly string[];
  readonly errors: readonly string[];
}

/** Every run is made once, however many tests look at it. */
const replays = new Map<string, Promise<Replay>>();
function replay(name: string): Promise<Replay> {
  const known = replays.get(name) ?? makeReplay(name);
  replays.set(name, known);
  return known;
}

/** Sends the recorded Run request of the official host's run to ours, with an engine that registers resources. */
async function makeReplay(name: string): Promise<Replay> {
  const messages = recorded(name, project);
  const { engine, address } = await FakeEngine.start();
  const host = await RunningHost.start(executable, address);
  try {
    const response = (await run(host, runRequest(find(messages, "Run").request ?? {}, address))).toObject();
    const errors = engine.logs.filter((log) => log.severity === LogSeverity.ERROR).map((log) => log.message);
    return { messages, response: withoutDefaults(response), engine, output: host.output, errors };
  } finally {
    await host.stop();
    engine.stop();
  }
}

function find(messages: readonly Recorded[], method: string): Recorded {
  const found = messages.find(
    (message) => message.method.endsWith(`/${method}`) && message.response !== undefined,
  );
  if (found === undefined) {
    throw new Error(`${method} is not among the recorded messages`);
  }
  return found;
}

/** The engine's log leaves out what is empty. */
function withoutDefaults<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== "" && field !== false),
  ) as Partial<T>;
}

/** What a resource was registered with, apart from the frames of the SDK and of the TypeScript loader. */
function registration(request: RegisterResourceRequest): unknown {
  const position = request.getSourceposition();
  return withoutDefaults({
    type: request.getType(),
    name: request.getName(),
    parent: request.getParent(),
    object: request.getObject()?.toJavaScript(),
    sourcePosition: { uri: position?.getUri(), line: position?.getLine(), column: position?.getColumn() },
  });
}

test.each(["ok", "throw", "run-error", "resource-error", "log"])(
  "%s: the engine gets what the official host gave it",
  async (name) => {
    const { messages, response, engine } = await replay(name);

    expect(response).toEqual(find(messages, "Run").response);
    const requests = (method: string): Readonly<Record<string, unknown>>[] =>
      messages
        .filter((message) => message.method.endsWith(`/${method}`) && message.response !== undefined)
        .map((message) => message.request ?? {});
    // The stack itself is registered from within the SDK: its position is the SDK's.
    const [stack, ...resources] = engine.registered;
    expect(stack?.getName()).toBe("language-v");
    expect(resources.map(registration)).toEqual(
      requests("RegisterResource")
        .filter(({ name: resource }) => resource !== "language-v")
        .map(({ type, name: resource, parent, object, sourcePosition }) => ({
          type,
          name: resource,
          parent,
          object,
          sourcePosition,
        })),
    );
    const outputs = engine.outputs.map((output) => [output.getUrn(), output.getOutputs()?.toJavaScript()]);
    const expected = requests("RegisterResourceOutputs").map(({ urn, outputs: values }) => [
      urn,
      JSON.parse(
        JSON.stringify(values).replace('"vec2"', JSON.stringify(project.split("/").at(-1))),
      ) as unknown,
    ]);
    expect(sorted(outputs)).toEqual(sorted(expected));
    expect(engine.shutdowns).toBe(requests("SignalAndWaitForShutdown").length);
  },
);

function sorted(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value)).sort();
}

test("an exception is shown with the lines of the TypeScript file", async () => {
  const { errors } = await replay("throw");
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain("failed with an unhandled exception:\nError: plain error\n");
  // eslint-disable-next-line no-control-regex -- the SDK colours its stack traces.
  expect(errors[0]?.replaceAll(/\u001b\[\d+m/g, "")).toContain(`(${project}/stacks/index.ts:13:29)`);
});

test("a RunError is shown without a stack", async () => {
  const { errors } = await replay("run-error");
  expect(errors).toEqual(["user error: mode may not be run-error"]);
});

test("a ResourceError belongs to its resource", async () => {
  const { engine } = await replay("resource-error");
  const log = engine.logs.find(({ severity }) => severity === LogSeverity.ERROR);
  expect(log).toMatchObject({
    message: "size is wrong",
    urn: "urn:pulumi:v::language::example:index:Thing::one",
  });
});

test("what a program prints comes out of the host, what it logs goes to the engine", async () => {
  const { output, engine } = await replay("log");
  expect(output).toEqual(expect.arrayContaining(["stdout text", "stderr text"]));
  expect(engine.logs.find(({ message }) => message === "info text")?.urn).toContain("::one");
  expect(engine.logs.find(({ message }) => message === "warning text")?.severity).toBe(LogSeverity.WARNING);
});

test("the questions before a run are answered as by the official host", async () => {
  const messages = recorded("ok", project);
  const host = await RunningHost.start(executable);
  try {
    const { client } = host;
    const info = programInfo(project);
    const packages = await call(
      client,
      LanguageRuntimeService.getRequiredPackages,
      new GetRequiredPackagesRequest().setInfo(info),
    );
    expect({
      packages: packages
        .toObject()
        .packagesList.map(({ name, kind, version: v }) => ({ name, kind, version: v })),
    }).toEqual(find(messages, "GetRequiredPackages").response);
    const plugins = await call(
      client,
      LanguageRuntimeService.getRequiredPlugins,
      new GetRequiredPluginsRequest().setInfo(info),
    );
    expect(plugins.toObject().pluginsList).toEqual([
      expect.objectContaining({ name: "kubernetes", kind: "resource", version: "v4.33.0" }),
    ]);

    const about = (
      await call(client, LanguageRuntimeService.about, new AboutRequest().setInfo(info))
    ).toObject();
    const official = find(messages, "About").response as {
      version: string;
      metadata: Record<string, string>;
    };
    expect(about.version).toBe(process.version);
    expect(about.executable).toMatch(/\/node$/);
    expect(about.metadataMap.map(([key]) => key).sort()).toEqual(Object.keys(official.metadata).sort());
    expect(new Map(about.metadataMap).get("packagemanager")).toBe("npm");
    expect(new Map(about.metadataMap).get("packagemanagerVersion")).toMatch(/^\d+\.\d+\.\d+$/);

    const plugin = await call(client, LanguageRuntimeService.getPluginInfo, new Empty());
    expect(plugin.getVersion()).toBe(version);
  } finally {
    await host.stop();
  }
});
