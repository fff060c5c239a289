import { status, type ServerWritableStream } from "@grpc/grpc-js";
import type { ILanguageRuntimeServer } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  DependencyInfo,
  GetProgramDependenciesResponse,
  GetRequiredPackagesResponse,
  GetRequiredPluginsResponse,
  LanguageHandshakeResponse,
  RuntimeOptionPrompt,
  RuntimeOptionsResponse,
  TemplateResponse,
  type GetProgramDependenciesRequest,
  type LanguageHandshakeRequest,
  type ProgramInfo,
  type RunRequest,
  type RuntimeOptionsRequest,
} from "@pulumi/pulumi/proto/language_pb";
import {
  PackageDependency,
  PackageParameterization,
  PluginDependency,
  PluginInfo,
} from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

import { RpcError, toStatus, unary } from "../../support/handlers";
import { watchEngine } from "../../support/engine";
import { about } from "./about";
import type { Children } from "./children";
import { installDependencies } from "./install";
import { programDependencies } from "./npm";
import { discoverPackages, incompatibleSdks, type RequiredPackage } from "./packages";
import { programInfo, runProgram } from "./run";
import { runPlugin } from "./run-plugin";

/** What the host needs from its process. */
export interface HostOptions {
  readonly version: string;

  /** Absent when the engine introduces itself by a handshake. */
  readonly engineAddress: string | undefined;
  readonly children: Children;

  /** Called when an engine that introduced itself by a handshake is gone. */
  readonly engineGone: () => void;
}

/** The language runtime that Pulumi's engine talks to. */
export function languageHost(options: HostOptions): ILanguageRuntimeServer {
  const { children, version } = options;
  let address = options.engineAddress;
  const engine = (): string => {
    if (address === undefined) {
      throw new RpcError(status.FAILED_PRECONDITION, "the engine's address is unknown: call Handshake first");
    }
    return address;
  };
  return {
    handshake: unary((request: LanguageHandshakeRequest) => {
      address = request.getEngineAddress();
      watchEngine(address, options.engineGone);
      return new LanguageHandshakeResponse();
    }),
    getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
    about: unary((request: { getInfo(): ProgramInfo | undefined }) => about(programInfo(request.getInfo()))),
    getRequiredPackages: unary((request) =>
      new GetRequiredPackagesResponse().setPackagesList(required(request.getInfo()).map(packageDependency)),
    ),
    getRequiredPlugins: unary((request) =>
      new GetRequiredPluginsResponse().setPluginsList(required(request.getInfo()).map(pluginDependency)),
    ),
    getProgramDependencies: unary(dependencies),
    runtimeOptionsPrompts: unary(prompts),
    template: unary(() => new TemplateResponse()),
    installDependencies: streaming((call) => installDependencies(call, children)),
    run: unary((request: RunRequest, signal) =>
      runProgram(request, { engineAddress: engine(), children, signal }),
    ),
    runPlugin: streaming((call) => runPlugin(call, children, engine())),
    generateProgram: notCovered("generate programs"),
    generateProject: notCovered("generate projects"),
    generatePackage: notCovered("generate SDKs"),
    pack: notCovered("pack SDKs"),
    link: notCovered("link local packages"),
    cancel: unary(async () => {
      await children.endAll();
      return new Empty();
    }),
  };
}

function required(info: ProgramInfo | undefined): readonly RequiredPackage[] {
  const { packages, sdks, problems } = discoverPackages(programInfo(info).programDirectory);
  for (const warning of [incompatibleSdks(sdks), ...problems]) {
    if (warning !== undefined) {
      console.error(warning);
    }
  }
  return packages;
}

function packageDependency(required: RequiredPackage): PackageDependency {
  const dependency = new PackageDependency()
    .setName(required.name)
    .setKind("resource")
    .setVersion(required.version)
    .setServer(required.server ?? "");
  if (required.parameterization !== undefined) {
    const { name, version, value } = required.parameterization;
    dependency.setParameterization(
      new PackageParameterization().setName(name).setVersion(version).setValue(value),
    );
  }
  return dependency;
}

function pluginDependency(required: RequiredPackage): PluginDependency {
  return new PluginDependency()
    .setName(required.name)
    .setKind("resource")
    .setVersion(required.version)
    .setServer(required.server ?? "");
}

function dependencies(request: GetProgramDependenciesRequest): GetProgramDependenciesResponse {
  const { programDirectory } = programInfo(request.getInfo());
  const list = programDependencies(programDirectory, request.getTransitivedependencies());
  return new GetProgramDependenciesResponse().setDependenciesList(
    list.map(({ name, version }) => new DependencyInfo().setName(name).setVersion(version)),
  );
}

/** `pulumi new` asks who installs the dependencies, unless the template has said so. */
function prompts(request: RuntimeOptionsRequest): RuntimeOptionsResponse {
  if (request.getInfo()?.getOptions()?.getFieldsMap().has("packagemanager") === true) {
    return new RuntimeOptionsResponse();
  }
  const npm = new RuntimeOptionPrompt.RuntimeOptionValue()
    .setPrompttype(RuntimeOptionPrompt.RuntimeOptionType.STRING)
    .setStringvalue("npm")
    .setDisplayname("npm");
  const prompt = new RuntimeOptionPrompt()
    .setKey("packagemanager")
    .setDescription("The package manager to use for installing dependencies")
    .setPrompttype(RuntimeOptionPrompt.RuntimeOptionType.STRING)
    .setChoicesList([npm])
    .setDefault(npm);
  return new RuntimeOptionsResponse().setPromptsList([prompt]);
}

function streaming<Request, Response>(
  work: (call: ServerWritableStream<Request, Response>) => Promise<void>,
): (call: ServerWritableStream<Request, Response>) => void {
  return (call) => {
    work(call).then(
      () => {
        call.end();
      },
      (error: unknown) => {
        call.emit("error", toStatus(error));
      },
    );
  };
}

function notCovered(what: string): ReturnType<typeof unary<unknown, never>> {
  return unary(() => {
    throw new RpcError(
      status.UNIMPLEMENTED,
      `the stand-in language host can't ${what}; install Pulumi with its official pulumi-language-nodejs for that`,
    );
  });
}
