import { readFileSync } from "node:fs";

import { credentials, status, type ClientReadableStream } from "@grpc/grpc-js";
import { AnalyzerClient, AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import {
  AnalyzeRequest,
  AnalyzerHandshakeRequest,
  AnalyzerResource,
  AnalyzerResourceOptions,
  AnalyzerStackConfigureRequest,
  AnalyzeStackRequest,
  ConfigureAnalyzerRequest,
  EnforcementLevel,
  PolicyConfig,
  type AnalyzeDiagnostic,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { RunPluginRequest, type RunPluginResponse } from "@pulumi/pulumi/proto/language_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

import { packEnvironment } from "../src/policy-proxy";
import { pluginArguments } from "../src/run-plugin";
import { FakeEngine } from "./fake-engine";
import { buildHost, isAlive, recorded, recordedProject, RunningHost, until } from "./harness";
import { call, programInfo } from "./requests";

jest.setTimeout(30_000);

const project = recordedProject();
const messages = recorded("policy-big", project);
let executable = "";
let engine: FakeEngine;
let address: string;
let host: RunningHost;
beforeAll(() => {
  executable = buildHost();
});
beforeEach(async () => {
  ({ engine, address } = await FakeEngine.start());
  host = await RunningHost.start(executable, address);
});
afterEach(async () => {
  await host.stop();
  engine.stop();
});

/** A policy pack as the engine sees it: a stream of what it prints, and a client for the port it printed first. */
class RunningPack {
  stdout = "";
  stderr = "";
  ended: { code: number; details: string } | "well" | undefined;
  readonly stream: ClientReadableStream<RunPluginResponse>;

  constructor(folder: string, environment: Readonly<Record<string, string>> = {}) {
    const { PATH: path = "" } = process.env;
    const request = new RunPluginRequest()
      .setPwd(project)
      .setKind("analyzer")
      .setArgsList([address])
      .setEnvList(Object.entries({ PATH: path, ...environment }).map(([key, value]) => `${key}=${value}`))
      .setInfo(programInfo(folder));
    this.stream = host.client.runPlugin(request);
    this.stream.on("data", (response: RunPluginResponse) => {
      this.stdout += Buffer.from(response.getStdout_asU8()).toString("utf8");
      this.stderr += Buffer.from(response.getStderr_asU8()).toString("utf8");
    });
    this.stream.on("error", ({ code, details }: Error & { code: number; details: string }) => {
      this.ended = { code, details };
    });
    this.stream.on("end", () => {
      this.ended ??= "well";
    });
  }

  async connect(): Promise<AnalyzerClient> {
    await until("the port is printed", () => this.stdout.includes("\n"));
    return new AnalyzerClient(`127.0.0.1:${this.stdout.trim()}`, credentials.createInsecure());
  }
}

/** The stack's settings as they were recorded. */
function stackSettings(): AnalyzerStackConfigureRequest {
  const { config, ...settings } = recordedRequest("ConfigureStack") as {
    config: Record<string, string>;
    stack: string;
    project: string;
    organization: string;
    dryRun: boolean;
  };
  const request = new AnalyzerStackConfigureRequest()
    .setStack(settings.stack)
    .setProject(settings.project)
    .setOrganization(settings.organization)
    .setDryRun(settings.dryRun);
  for (const [key, value] of Object.entries(config)) {
    request.getConfigMap().set(key, value);
  }
  return request;
}

interface RecordedResource {
  readonly type: string;
  readonly urn: string;
  readonly name: string;
  readonly properties: Record<string, JavaScriptValue>;
}

function recordedMessages(method: string): (typeof messages)[number][] {
  return messages.filter((message) => message.method === `/pulumirpc.Analyzer/${method}`);
}

function recordedRequest(method: string): Readonly<Record<string, unknown>> {
  return recordedMessages(method)[0]?.request ?? {};
}

/** The options of a resource that has none: the policy SDK insists on them. */
const resourceOptions = new AnalyzerResourceOptions().setCustomtimeouts(
  new AnalyzerResourceOptions.CustomTimeouts(),
);

/** What the official host's policy pack reported, in all answers to a method. */
function recordedDiagnostics(method: string): unknown[] {
  return recordedMessages(method).flatMap(
    ({ response }) => (response?.["diagnostics"] as unknown[] | undefined) ?? [],
  );
}

/** A diagnostic as the engine logs it. */
function logged(diagnostic: AnalyzeDiagnostic): unknown {
  return {
    policyName: diagnostic.getPolicyname(),
    policyPackName: diagnostic.getPolicypackname(),
    policyPackVersion: diagnostic.getPolicypackversion(),
    description: diagnostic.getDescription(),
    message: diagnostic.getMessage(),
    ...(diagnostic.getEnforcementlevel() === EnforcementLevel.MANDATORY
      ? { enforcementLevel: "MANDATORY" }
      : {}),
  };
}

test("a policy pack answers as it did under the official host", async () => {
  const pack = new RunningPack(`${project}/policy`);
  const client = await pack.connect();
  await call(client, AnalyzerService.handshake, new AnalyzerHandshakeRequest().setEngineAddress(address));
  await call(client, AnalyzerService.configureStack, stackSettings());
  const plugin = await call(client, AnalyzerService.getPluginInfo, new Empty());
  expect({ version: plugin.getVersion() }).toEqual(recordedMessages("GetPluginInfo")[1]?.response);

  const info = await call(client, AnalyzerService.getAnalyzerInfo, new Empty());
  expect(info.getPoliciesList().map((policy) => policy.getName())).toEqual(["size-limit", "stack-note"]);
  const configuration = new ConfigureAnalyzerRequest();
  const level = new PolicyConfig()
    .setEnforcementlevel(EnforcementLevel.MANDATORY)
    .setProperties(new Struct());
  configuration
    .getPolicyconfigMap()
    .set("size-limit", level)
    .set("stack-note", new PolicyConfig().setProperties(new Struct()));
  await call(client, AnalyzerService.configure, configuration);

  const [thing] = recordedMessages("Analyze")
    .map(({ request }) => request as unknown as RecordedResource)
    .filter(({ type }) => type === "example:index:Thing");
  const analyzed = await call(
    client,
    AnalyzerService.analyze,
    new AnalyzeRequest()
      .setType(thing?.type ?? "")
      .setUrn(thing?.urn ?? "")
      .setName(thing?.name ?? "")
      .setOptions(resourceOptions)
      .setProperties(Struct.fromJavaScript(thing?.properties ?? {})),
  );
  expect(analyzed.getDiagnosticsList().map(logged)).toEqual(recordedDiagnostics("Analyze"));

  const { resources } = recordedRequest("AnalyzeStack") as { resources: RecordedResource[] };
  const stack = new AnalyzeStackRequest().setResourcesList(
    resources.map(({ type, urn, name, properties }) =>
      new AnalyzerResource()
        .setOptions(resourceOptions)
        .setType(type)
        .setUrn(urn)
        .setName(name)
        .setProperties(Struct.fromJavaScript(properties)),
    ),
  );
  const stackAnalyzed = await call(client, AnalyzerService.analyzeStack, stack);
  expect(stackAnalyzed.getDiagnosticsList().map(logged)).toEqual(recordedDiagnostics("AnalyzeStack"));
  await expect(call(client, AnalyzerService.cancel, new Empty())).rejects.toMatchObject({
    code: status.UNIMPLEMENTED,
  });
  client.close();
});

test("the pack ends when the engine gives it up", async () => {
  const pack = new RunningPack(`${project}/policy`);
  const client = await pack.connect();
  await call(client, AnalyzerService.configureStack, stackSettings());
  await call(client, AnalyzerService.getPluginInfo, new Empty());
  const [pid = 0] = host.children();
  expect(isAlive(pid)).toBe(true);
  // The environment is the request's, with the stack's configuration: nothing of the host's own gets in.
  const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  expect(variables).toEqual(
    expect.arrayContaining([
      "PULUMI_NODEJS_STACK=v",
      "PULUMI_NODEJS_DRY_RUN=true",
      'PULUMI_CONFIG={"language:mode":"big","language:token":"t0ken"}',
    ]),
  );
  expect(variables.some((variable) => variable.startsWith("HOME="))).toBe(false);
  client.close();
  pack.stream.cancel();
  await until("the pack is gone", () => !isAlive(pid));
});

test("a pack is started without configuration when a command asks before there is any", async () => {
  const pack = new RunningPack(`${project}/policy`);
  const client = await pack.connect();
  const info = await call(client, AnalyzerService.getAnalyzerInfo, new Empty());
  expect(info.getName()).toBe("example");
  client.close();
});

test("a pack that can't be loaded: what it printed, then a plain reason", async () => {
  const pack = new RunningPack(`${project}/stacks`);
  const client = await pack.connect();
  await expect(call(client, AnalyzerService.getPluginInfo, new Empty())).rejects.toMatchObject({
    details: "the policy pack ended before it was ready; what it printed is above",
  });
  await until("the stream ends", () => pack.ended !== undefined);
  expect(pack.stderr).toContain("Missing required configuration variable");
  expect(pack.ended).toMatchObject({ details: "Program exited with non-zero exit code: 32" });
  client.close();
});

test("a pack without the SDK installed says what to do", async () => {
  const pack = new RunningPack("/proc");
  await until("the stream ends", () => pack.ended !== undefined);
  expect(pack.ended).toMatchObject({
    details: "It looks like the Pulumi SDK has not been installed. Have you run npm install in /proc?",
  });
});

test.each([
  ["analyzer", ["127.0.0.1:1", "/plugin"]],
  ["resource", ["/plugin", "127.0.0.1:1"]],
])("%s plugins are told their folder where their runner expects it", (kind, expected) => {
  const request = new RunPluginRequest().setKind(kind).setArgsList(["127.0.0.1:1"]);
  expect(pluginArguments(request, "/plugin")).toEqual(expected);
});

test("what a stack does not have is left out of the pack's environment", () => {
  const request = new AnalyzerStackConfigureRequest().setStack("v");
  expect(packEnvironment(request)).toEqual({
    PULUMI_NODEJS_STACK: "v",
    PULUMI_NODEJS_DRY_RUN: "false",
    PULUMI_CONFIG: "{}",
  });
});
