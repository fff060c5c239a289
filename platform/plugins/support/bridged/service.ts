/** Pulumi's provider protocol for a stand-in of a bridged provider. */
import { status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

import { RpcError, unary } from "../handlers";
import { fromStruct, toStruct } from "../properties";
import { checkInputs, complete } from "./check";
import { diffState, planned, type Change } from "./diff";
import type { Kind } from "./kind";
import { createdState, previewedState, updatedState, withSecrets } from "./state";

/** A stand-in: the package's name, the version it answers for, and what it has of it. */
export interface BridgedProvider {
  readonly name: string;
  readonly version: string;
  readonly kinds: readonly Kind[];
}

/** The provider's gRPC handlers. What is left out answers that it isn't implemented. */
export function bridgedService(provider: BridgedProvider): UntypedServiceImplementation {
  const refused = (token: string): never => {
    throw notCovered(provider, token);
  };
  return {
    ...pluginMethods(provider),
    ...resourceMethods((urn) => kindOf(provider, urn)),
    invoke: unary((request: rpc.InvokeRequest) => refused(request.getTok())),
    call: unary((request: rpc.CallRequest) => refused(request.getTok())),
    construct: unary((request: rpc.ConstructRequest) => refused(request.getType())),
    cancel: unary(() => new Empty()),
  } satisfies Partial<IResourceProviderServer>;
}

function pluginMethods({ name, version }: BridgedProvider): UntypedServiceImplementation {
  return {
    getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
    attach: unary(() => new Empty()),
    getSchema: unary(() => new rpc.GetSchemaResponse().setSchema(JSON.stringify({ name, version }))),
    checkConfig: unary((request: rpc.CheckRequest) => {
      const news = fromStruct(request.getNews());
      const failures = Object.keys(news)
        .filter((property) => property !== "version")
        .map((property) => {
          const reason = `${name}:${property} is set; this stand-in has no settings: unset it, or ${wayOut(name)}`;
          return new rpc.CheckFailure().setProperty(property).setReason(reason);
        });
      return new rpc.CheckResponse().setInputs(request.getNews()).setFailuresList(failures);
    }),
    diffConfig: unary(() => new rpc.DiffResponse()),
    // Like the official one it takes no secrets: the engine marks by itself what came of secret inputs.
    configure: unary(() => new rpc.ConfigureResponse().setSupportspreview(true)),
  };
}

function resourceMethods(kindAt: (urn: string) => Kind): UntypedServiceImplementation {
  return {
    check: unary((request: rpc.CheckRequest) => {
      const kind = kindAt(request.getUrn());
      const inputs = fromStruct(request.getNews());
      const failures = checkInputs(kind, inputs).map(({ property, reason }) =>
        new rpc.CheckFailure().setProperty(property).setReason(reason),
      );
      return new rpc.CheckResponse().setInputs(toStruct(withSecrets(kind, inputs))).setFailuresList(failures);
    }),
    diff: unary((request: rpc.DiffRequest) => {
      const kind = kindAt(request.getUrn());
      return diffResponse(diffState(kind, fromStruct(request.getOlds()), fromStruct(request.getNews())));
    }),
    create: unary((request: rpc.CreateRequest) => create(kindAt(request.getUrn()), request)),
    read: unary((request: rpc.ReadRequest) => read(kindAt(request.getUrn()), request)),
    update: unary((request: rpc.UpdateRequest) => {
      const kind = kindAt(request.getUrn());
      const state = fromStruct(request.getOlds());
      const inputs = planned(kind, state, fromStruct(request.getNews()));
      return new rpc.UpdateResponse().setProperties(toStruct(updatedState(kind, state, inputs)));
    }),
    delete: unary((request: rpc.DeleteRequest) => {
      kindAt(request.getUrn());
      return new Empty();
    }),
  };
}

async function create(kind: Kind, request: rpc.CreateRequest): Promise<rpc.CreateResponse> {
  const inputs = complete(kind, fromStruct(request.getProperties()));
  if (request.getPreview()) {
    return new rpc.CreateResponse().setProperties(toStruct(previewedState(kind, inputs)));
  }
  const { id, computed } = await kind.create(inputs);
  return new rpc.CreateResponse().setId(id).setProperties(toStruct(createdState(kind, inputs, id, computed)));
}

/** The state is all there is; without one there is nothing to read. */
function read(kind: Kind, request: rpc.ReadRequest): rpc.ReadResponse {
  const state = fromStruct(request.getProperties());
  if (Object.keys(state).length === 0) {
    const message = `${kind.type} can't be imported: it lives in the state of the stack that made it`;
    throw new RpcError(status.UNIMPLEMENTED, message);
  }
  return new rpc.ReadResponse()
    .setId(request.getId())
    .setInputs(toStruct(withSecrets(kind, fromStruct(request.getInputs()))))
    .setProperties(toStruct(withSecrets(kind, { ...state, ...kind.refresh?.(state) })));
}

const { DIFF_NONE: changesNone, DIFF_SOME: changesSome } = rpc.DiffResponse.DiffChanges;

function diffResponse(changes: readonly Change[]): rpc.DiffResponse {
  const response = new rpc.DiffResponse()
    .setChanges(changes.length === 0 ? changesNone : changesSome)
    .setDiffsList(changes.map(({ property }) => property))
    .setReplacesList(changes.filter(({ replaces }) => replaces).map(({ property }) => property))
    .setHasdetaileddiff(true);
  for (const change of changes) {
    response.getDetaileddiffMap().set(change.property, new rpc.PropertyDiff().setKind(detailKind(change)));
  }
  return response;
}

function detailKind({ kind, replaces }: Change): rpc.PropertyDiff.Kind {
  const kinds = rpc.PropertyDiff.Kind;
  switch (kind) {
    case "add":
      return replaces ? kinds.ADD_REPLACE : kinds.ADD;
    case "delete":
      return replaces ? kinds.DELETE_REPLACE : kinds.DELETE;
    case "update":
      return replaces ? kinds.UPDATE_REPLACE : kinds.UPDATE;
  }
}

function kindOf(provider: BridgedProvider, urn: string): Kind {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const kind = provider.kinds.find((candidate) => candidate.type === type);
  if (kind === undefined) throw notCovered(provider, type);
  return kind;
}

function notCovered({ name, kinds }: BridgedProvider, token: string): Error {
  return new RpcError(
    status.UNIMPLEMENTED,
    `${token} is not covered: this ${name} provider stands in for the official one and has ` +
      `${kinds.map(({ type }) => type).join(", ")} only; for the rest ${wayOut(name)}`,
  );
}

function wayOut(name: string): string {
  return `install the official plugin: \`pulumi plugin install resource ${name}\``;
}
