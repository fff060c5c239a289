import type { UntypedServiceImplementation, handleUnaryCall } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

import { RpcError } from "../../support/handlers";
import { checkConfig, diffConfig } from "./config";
import type { ChangeKind, ResourceDiff } from "./diff";
import { statusOf } from "./failures";
import { formatPath } from "./field-path";
import type { Autonaming } from "./naming";
import type { KubernetesProvider } from "./provider";
import { fromStruct, toStruct } from "./wire";

/** Pulumi's provider protocol over the provider. */
export function resourceProviderService(
  provider: KubernetesProvider,
  version: string,
): UntypedServiceImplementation {
  return { ...pluginMethods(provider, version), ...resourceMethods(provider), ...uncoveredMethods() };
}

function pluginMethods(provider: KubernetesProvider, version: string): UntypedServiceImplementation {
  return {
    getPluginInfo: answer(() => {
      const info = new PluginInfo();
      info.setVersion(version);
      return info;
    }),
    checkConfig: answer((request: rpc.CheckRequest) => {
      const response = new rpc.CheckResponse();
      response.setInputs(request.getNews());
      response.setFailuresList(
        checkConfig(fromStruct(request.getNews())).map(({ property, reason }) => {
          const failure = new rpc.CheckFailure();
          failure.setProperty(property);
          failure.setReason(reason);
          return failure;
        }),
      );
      return response;
    }),
    diffConfig: answer(async (request: rpc.DiffRequest) => {
      const { diffs, replaces } = await diffConfig(
        fromStruct(request.getOlds()),
        fromStruct(request.getNews()),
      );
      const response = new rpc.DiffResponse();
      response.setChanges(diffs.length === 0 ? changesNone : changesSome);
      response.setDiffsList([...diffs]);
      response.setReplacesList([...replaces]);
      return response;
    }),
    configure: answer((request: rpc.ConfigureRequest) => {
      provider.configure(configOf(request));
      const response = new rpc.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),
    cancel: answer(() => {
      provider.cancel();
      return new Empty();
    }),
  };
}

function resourceMethods(provider: KubernetesProvider): UntypedServiceImplementation {
  return {
    check: answer(async (request: rpc.CheckRequest) => {
      const inputs = await provider.check(
        { urn: request.getUrn() },
        {
          olds: fromStruct(request.getOlds()),
          news: fromStruct(request.getNews()),
          randomSeed: request.getRandomseed_asU8(),
          autonaming: autonamingOf(request.getAutonaming()),
        },
      );
      const response = new rpc.CheckResponse();
      response.setInputs(toStruct(inputs));
      return response;
    }),
    diff: answer(async (request: rpc.DiffRequest) => {
      const olds = fromStruct(request.getOlds());
      const news = fromStruct(request.getNews());
      const ignoreChanges = request.getIgnorechangesList();
      return diffResponse(await provider.diff({ urn: request.getUrn() }, { olds, news, ignoreChanges }));
    }),
    create: answer(async (request: rpc.CreateRequest) => {
      const created = await provider.create(timed(request), fromStruct(request.getProperties()));
      const response = new rpc.CreateResponse();
      response.setId(created.id);
      response.setProperties(toStruct(created.state));
      return response;
    }),
    read: answer(async (request: rpc.ReadRequest) => {
      const state = fromStruct(request.getProperties());
      const inputs = fromStruct(request.getInputs());
      const found = await provider.read({ urn: request.getUrn() }, { id: request.getId(), state, inputs });
      const response = new rpc.ReadResponse();
      if (found !== undefined) {
        response.setId(found.id);
        response.setProperties(toStruct(found.state));
        response.setInputs(toStruct(found.inputs));
      }
      return response;
    }),
    update: answer(async (request: rpc.UpdateRequest) => {
      const olds = fromStruct(request.getOlds());
      const news = fromStruct(request.getNews());
      const state = await provider.update(timed(request), {
        olds,
        news,
        ignoreChanges: request.getIgnorechangesList(),
      });
      const response = new rpc.UpdateResponse();
      response.setProperties(toStruct(state));
      return response;
    }),
    delete: answer(async (request: rpc.DeleteRequest) => {
      const about = { urn: request.getUrn(), timeoutSeconds: request.getTimeout() };
      await provider.delete(about, request.getId(), fromStruct(request.getProperties()));
      return new Empty();
    }),
  };
}

/** What the official plugin does beyond single objects. */
function uncoveredMethods(): UntypedServiceImplementation {
  const uncovered = (what: string): never => {
    throw new RpcError(
      status.UNIMPLEMENTED,
      `${what} is not covered by this stand-in for the kubernetes plugin, which handles single objects of any kind: ` +
        "YAML files, Helm charts, Kustomize directories and CRD packages need the official plugin",
    );
  };
  return {
    invoke: answer((request: rpc.InvokeRequest) => uncovered(request.getTok())),
    call: answer((request: rpc.CallRequest) => uncovered(request.getTok())),
    construct: answer((request: rpc.ConstructRequest) => uncovered(request.getType())),
    parameterize: answer(() => uncovered("a parameterized package")),
    getSchema: answer(() => uncovered("the package's schema")),
  };
}

const { DIFF_NONE: changesNone, DIFF_SOME: changesSome } = rpc.DiffResponse.DiffChanges;

function diffResponse(diff: ResourceDiff): rpc.DiffResponse {
  const response = new rpc.DiffResponse();
  response.setChanges(diff.changes.length === 0 ? changesNone : changesSome);
  response.setHasdetaileddiff(true);
  response.setDeletebeforereplace(diff.deleteBeforeReplace);
  response.setReplacesList(
    diff.changes.filter((change) => change.replace).map((change) => formatPath(change.path)),
  );
  for (const change of diff.changes) {
    const detail = new rpc.PropertyDiff();
    detail.setKind(detailKind(change.kind, change.replace));
    detail.setInputdiff(change.kind === "delete");
    response.getDetaileddiffMap().set(formatPath(change.path), detail);
  }
  return response;
}

function detailKind(kind: ChangeKind, replace: boolean): rpc.PropertyDiff.Kind {
  const kinds = rpc.PropertyDiff.Kind;
  switch (kind) {
    case "add":
      return replace ? kinds.ADD_REPLACE : kinds.ADD;
    case "delete":
      return replace ? kinds.DELETE_REPLACE : kinds.DELETE;
    case "update":
      return replace ? kinds.UPDATE_REPLACE : kinds.UPDATE;
  }
}

/** The provider's inputs; older engines send them only as flat variables. */
function configOf(request: rpc.ConfigureRequest): Record<string, unknown> {
  const prefix = "kubernetes:config:";
  const variables = request
    .getVariablesMap()
    .toArray()
    .map(([key, value]) => [key.startsWith(prefix) ? key.slice(prefix.length) : key, value] as const);
  return { ...fromStruct(request.getArgs()), ...Object.fromEntries(variables) };
}

function autonamingOf(options: rpc.CheckRequest.AutonamingOptions | undefined): Autonaming | undefined {
  if (options === undefined) {
    return undefined;
  }
  const modes = rpc.CheckRequest.AutonamingOptions.Mode;
  const proposedName = options.getProposedName();
  switch (options.getMode()) {
    case modes.DISABLE:
      return { mode: "disable", proposedName };
    case modes.ENFORCE:
      return { mode: "enforce", proposedName };
    default:
      return { mode: "propose", proposedName };
  }
}

function timed(request: rpc.CreateRequest | rpc.UpdateRequest): {
  urn: string;
  timeoutSeconds: number;
  preview: boolean;
} {
  return { urn: request.getUrn(), timeoutSeconds: request.getTimeout(), preview: request.getPreview() };
}

function answer<Request, Response>(
  method: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const run = async (): Promise<Response> => method(call.request);
    run().then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback(statusOf(error));
      },
    );
  };
}
