/** Pulumi's resource provider protocol for `docker.Image`, and for nothing else. */
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo, type PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CheckFailure,
  CheckResponse,
  ConfigureResponse,
  CreateResponse,
  DiffResponse,
  GetSchemaResponse,
  PropertyDiff,
  ReadResponse,
  UpdateResponse,
  type CheckRequest,
  type ConfigureRequest,
  type CreateRequest,
  type DeleteRequest,
  type DiffRequest,
  type InvokeRequest,
  type ReadRequest,
  type UpdateRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";

import { unary } from "../../support/handlers";
import type { Environment } from "./builder";
import { checkImage } from "./check";
import { configuredEnvironment } from "./config";
import { diffInputs, type ChangeKind } from "./diff";
import type { EngineLog } from "./engine-log";
import { build } from "./image";
import { text } from "./inputs";
import { fromStruct, isObject, toStruct, type Properties } from "../../support/properties";
import type { RunningBuilds } from "./running-builds";
import { inClear, keepSecrets } from "../../support/secrets";

const imageType = "docker:index/image:Image";

const propertyDiffKinds: Record<ChangeKind, PropertyDiff.Kind> = {
  add: PropertyDiff.Kind.ADD,
  delete: PropertyDiff.Kind.DELETE,
  update: PropertyDiff.Kind.UPDATE,
};

/** What the provider needs from its process. */
export interface ProviderOptions {
  readonly version: string;
  readonly env: Environment;
  readonly log: EngineLog;

  readonly builds: RunningBuilds;
}

/** The provider's gRPC handlers. What is left out answers that it isn't implemented. */
export function dockerProvider(options: ProviderOptions): UntypedServiceImplementation {
  const { builds, log, version } = options;
  let env = options.env;
  const built = (
    request: CreateRequest | UpdateRequest,
    inputs: Properties,
    caller: AbortSignal,
  ): Promise<Struct> => {
    const operation = { urn: request.getUrn(), preview: request.getPreview(), inputs, env, log };
    return builds.start(caller, async (signal) => toStruct(await build({ ...operation, signal })));
  };

  return {
    getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
    attach: unary((request: PluginAttach) => {
      log.attach(request.getAddress());
      return new Empty();
    }),
    getSchema: unary(() => new GetSchemaResponse().setSchema(JSON.stringify({ name: "docker", version }))),
    checkConfig: unary((request: CheckRequest) => new CheckResponse().setInputs(request.getNews())),
    diffConfig: unary(() => new DiffResponse()),
    configure: unary((request: ConfigureRequest) => {
      env = configuredEnvironment(new Map(request.getVariablesMap().entries()), options.env);
      return new ConfigureResponse()
        .setAcceptsecrets(true)
        .setSupportspreview(true)
        .setSupportsAutonamingConfiguration(true);
    }),
    check: unary(check),
    diff: unary(diff),
    create: unary(async (request: CreateRequest, signal) => {
      const inputs = imageInputs(request, request.getProperties());
      const state = await built(request, inputs, signal);
      return new CreateResponse().setId(text(inClear(inputs)["imageName"]) ?? "").setProperties(state);
    }),
    update: unary(async (request: UpdateRequest, signal) => {
      const inputs = imageInputs(request, request.getNews());
      return new UpdateResponse().setProperties(await built(request, inputs, signal));
    }),
    read: unary((request: ReadRequest) => {
      expectImage(request.getUrn());
      return new ReadResponse()
        .setId(request.getId())
        .setInputs(request.getInputs())
        .setProperties(request.getProperties());
    }),
    delete: unary((request: DeleteRequest) => {
      expectImage(request.getUrn());
      return new Empty();
    }),
    invoke: unary((request: InvokeRequest) => {
      throw notCovered(request.getTok());
    }),
    cancel: unary(() => {
      void builds.cancel();
      return new Empty();
    }),
  } satisfies Partial<IResourceProviderServer>;
}

async function check(request: CheckRequest): Promise<CheckResponse> {
  const news = imageInputs(request, request.getNews());
  const { inputs, problems } = await checkImage(inClear(news));
  const failures = problems.map(({ property, reason }) =>
    new CheckFailure().setProperty(property).setReason(reason),
  );
  return new CheckResponse().setInputs(toStruct(keepSecrets(inputs, news))).setFailuresList(failures);
}

function diff(request: DiffRequest): DiffResponse {
  // The inputs that were built last are in the state: what the engine calls the old inputs may not have been built.
  const built = inClear(imageInputs(request, request.getOlds()))["__inputs"];
  const changes = diffInputs(isObject(built) ? built : {}, inClear(fromStruct(request.getNews())));
  if (changes.size === 0) return new DiffResponse().setChanges(DiffResponse.DiffChanges.DIFF_NONE);
  const response = new DiffResponse().setChanges(DiffResponse.DiffChanges.DIFF_SOME).setHasdetaileddiff(true);
  for (const [name, kind] of changes) {
    const property = new PropertyDiff().setKind(propertyDiffKinds[kind]).setInputdiff(true);
    response.getDetaileddiffMap().set(name, property);
  }
  return response;
}

function imageInputs(request: { getUrn(): string }, struct: Struct | undefined): Properties {
  expectImage(request.getUrn());
  return fromStruct(struct);
}

function expectImage(urn: string): void {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  if (type !== imageType) throw notCovered(type);
}

function notCovered(token: string): Error {
  return new Error(
    `${token} is not covered: this docker provider stands in for the official one and has ${imageType} only; ` +
      "for the rest install the official plugin: `pulumi plugin install resource docker`",
  );
}
