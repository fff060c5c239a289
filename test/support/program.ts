import { createHash } from "node:crypto";
import { output, runtime } from "@pulumi/pulumi";
import type {
  MockCallArgs,
  MockMonitor,
  MockResourceArgs,
  MockResourceResult,
} from "@pulumi/pulumi/runtime/mocks";
import { awsState } from "./aws-answers";

/** A resource as the program asked the engine for it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  /** False for a component, which only groups others. */
  readonly custom: boolean;
  /** Name of the parent; undefined for what hangs on the stack itself. */
  readonly parent: string | undefined;
  /** Name of the provider that makes it; undefined for a component or a default provider. */
  readonly provider: string | undefined;
  /** Names of the resources that must be there first. */
  readonly dependsOn: readonly string[];
  /** Whether Pulumi refuses to delete it. */
  readonly protect: boolean;
  readonly timeouts: { readonly create: string; readonly update: string } | undefined;
  readonly inputs: Record<string, unknown>;
}

/** What one run of a program asked for and put out. */
export interface Run {
  readonly resources: readonly Registered[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Where a program runs. */
export interface ProgramEnvironment {
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
}

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getParent(): string;
  getProvider(): string;
  getDependenciesList(): string[];
  getProtect(): boolean;
  getCustomtimeouts(): { toObject(): { create: string; update: string } } | undefined;
  getObject(): { toJavaScript(): Record<string, unknown> };
}

const project = "twinstack";

/** Name in a URN or a provider reference (`<urn>::<id>`). */
const nameIn = (urn: string): string | undefined => urn.split("::")[3];

const hash = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");

/** What providers make up, by the type's last part; the program must keep it to Secrets. */
const generated: Readonly<Record<string, readonly string[]>> = {
  RandomPassword: ["result"],
  PrivateKey: ["privateKeyPem", "privateKeyPemPkcs8"],
  CertRequest: ["certRequestPem"],
  SelfSignedCert: ["certPem"],
  LocallySignedCert: ["certPem"],
};

/** Answers as the real providers do where the program looks at an answer: names given by Pulumi, image digests. */
function answer({ type, name, inputs }: MockResourceArgs): MockResourceResult {
  const state = inputs as Record<string, unknown>;
  const made = generated[type.split(":").at(-1) ?? ""];
  if (made !== undefined) {
    return {
      id: name,
      state: { ...state, ...Object.fromEntries(made.map((key) => [key, `${key} of ${name}`])) },
    };
  }
  if (type === "docker:index/image:Image") {
    const imageName = String(state["imageName"]);
    return {
      id: name,
      state: { ...state, repoDigest: `${imageName.replace(/:[^:/]*$/, "")}@sha256:${hash(state)}` },
    };
  }
  if (type.startsWith("aws:")) return { id: name, state: awsState(type, name, state) };
  if (!type.startsWith("kubernetes:")) return { id: name, state };
  const metadata = {
    name: `${name}-${hash(state).slice(0, 8)}`,
    ...(state["metadata"] as object | undefined),
  };
  const status = { loadBalancer: { ingress: [{ hostname: "lb.example" }] } };
  return { id: name, state: { ...state, metadata, ...(type.endsWith(":Service") ? { status } : {}) } };
}

/** Answers where the program asks a provider for something that no resource is. */
function answerCall({ token, inputs }: MockCallArgs): object {
  return token === "aws:ecr/getAuthorizationToken:getAuthorizationToken"
    ? { ...(inputs as object), userName: "AWS", password: "result of a login" }
    : (inputs as object);
}

function describe(request: RegisterRequest): Registered {
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: nameIn(request.getParent()),
    provider: nameIn(request.getProvider()),
    dependsOn: request
      .getDependenciesList()
      .flatMap((urn) => nameIn(urn) ?? [])
      .sort(),
    protect: request.getProtect(),
    timeouts: request.getCustomtimeouts()?.toObject(),
    inputs: request.getObject().toJavaScript(),
  };
}

/**
 * Runs a program against Pulumi's mocks and waits until it has asked for everything. Reads the requests themselves:
 * the mocks are not told of a resource's parent. Runs in one test file share the SDK, since loading it takes longer
 * than running a program.
 */
export async function runProgram(
  program: () => Record<string, unknown>,
  { stack, config }: ProgramEnvironment,
): Promise<Run> {
  const resources: Registered[] = [];
  await runtime.setMocks({ newResource: answer, call: answerCall }, project, stack);
  runtime.setAllConfig({ ...config });

  const monitor = runtime.getMonitor() as unknown as MockMonitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = async (request: RegisterRequest, callback) => {
    resources.push(describe(request));
    await register(request, callback);
  };

  let outputs: Run["outputs"];
  // Pulumi keeps a stack trace of each promise, and jest maps each of them to its source: most of a run's time.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const exported = output({ ...program() });
    outputs = await new Promise((resolve) => exported.apply(resolve));
  } finally {
    // A program that failed half-way has asked for some things already; the next run must not hear their answers.
    await runtime.disconnect();
    Error.stackTraceLimit = stackTraceLimit;
  }
  return { resources: resources.filter(({ type }) => type !== "pulumi:pulumi:Stack"), outputs };
}
