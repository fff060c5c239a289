import type { ServiceError } from "@grpc/grpc-js";
import { Client, credentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import type { Message } from "google-protobuf";
import { Map as ProtoMap } from "google-protobuf";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

import { listen, newServer } from "../../../support/serve";
import { Engine } from "../../src/engine";
import { KubernetesProvider } from "../../src/provider";
import { resourceProviderService } from "../../src/service";
import type { Properties } from "../../src/values";
import { isRecord } from "../../src/values";

/** The plugin behind its real gRPC service, spoken to in the JSON form in which the engine logs its calls. */
export interface RunningPlugin {
  call(method: string, request: Properties): Promise<Properties>;
  stop(): Promise<void>;
}

/** What a partial failure carries. */
export interface InitFailure {
  readonly id: string;
  readonly reasons: readonly string[];
  readonly properties: Properties;
}

export async function startPlugin(): Promise<RunningPlugin> {
  const provider = new KubernetesProvider(new Engine(undefined));
  const server = newServer();
  server.addService(ResourceProviderService, resourceProviderService(provider, "v0.0.0"));
  const client = new Client(`127.0.0.1:${await listen(server)}`, credentials.createInsecure());
  return {
    call: (method, request) => call(client, method, request),
    stop: () => {
      provider.cancel();
      client.close();
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

/** What the engine would keep in the state after a failed call. */
export function initFailureOf(error: unknown): InitFailure {
  const [details] = (error as ServiceError).metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(details)) {
    throw new Error("the error has no details", { cause: error });
  }
  const any = Status.deserializeBinary(details).getDetailsList()[0];
  const failed = ErrorResourceInitFailed.deserializeBinary(any?.getValue_asU8() ?? new Uint8Array());
  return {
    id: failed.getId(),
    reasons: failed.getReasonsList(),
    properties: failed.getProperties()?.toJavaScript() ?? {},
  };
}

interface MethodDefinition {
  readonly path: string;
  readonly requestType: new () => Message;
  readonly requestSerialize: (message: Message) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Message;
}

function call(client: Client, method: string, request: Properties): Promise<Properties> {
  const definitions = ResourceProviderService as unknown as Record<string, MethodDefinition>;
  const definition = definitions[method.charAt(0).toLowerCase() + method.slice(1)];
  if (definition === undefined) {
    throw new Error(`there is no method ${method}`);
  }
  const { path, requestSerialize, responseDeserialize } = definition;
  const message = fill(new definition.requestType(), request);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, message, (error, response) => {
      if (error !== null) {
        reject(error);
      } else {
        resolve(response === undefined ? {} : read(response));
      }
    });
  });
}

function fill(message: Message, request: Properties): Message {
  for (const [key, value] of Object.entries(request)) {
    const accessor = isFlatMap(key) ? member(message, `get${key}map`) : member(message, `set${key}`);
    if (accessor === undefined) {
      setList(message, key, value);
    } else if (isFlatMap(key)) {
      const map = accessor() as ProtoMap<string, string>;
      Object.entries(value as Record<string, string>).forEach(([name, item]) => map.set(name, item));
    } else {
      accessor(
        isRecord(value) ? Struct.fromJavaScript(value as Parameters<typeof Struct.fromJavaScript>[0]) : value,
      );
    }
  }
  return message;
}

function setList(message: Message, key: string, value: unknown): void {
  const accessor = member(message, `set${key}list`);
  if (accessor === undefined) {
    throw new Error(`the message has no field ${key}`);
  }
  accessor(value);
}

function isFlatMap(key: string): boolean {
  return key === "variables";
}

/** Fields that have a value, keyed in lower case: the generated names differ from the log's only in case. */
function read(message: Message): Properties {
  const result: Properties = {};
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(message))) {
    const [, field] = /^get([A-Z]\w*?)(?:List|Map)?$/.exec(name) ?? [];
    const value = field === undefined ? undefined : plain(member(message, name)?.());
    if (field !== undefined && !isDefault(value)) {
      result[field.toLowerCase()] = value;
    }
  }
  return result;
}

function plain(value: unknown): unknown {
  if (value instanceof Struct) {
    return value.toJavaScript();
  }
  if (value instanceof ProtoMap) {
    const entries: [string, unknown][] = [];
    value.forEach((item: Message, key: string) => entries.push([key, item.toObject()]));
    return Object.fromEntries(entries);
  }
  return Array.isArray(value)
    ? value.map((item: unknown) => (isMessage(item) ? item.toObject() : item))
    : value;
}

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && "serializeBinary" in value;
}

function isDefault(value: unknown): boolean {
  return (
    value === undefined ||
    value === false ||
    value === 0 ||
    value === "" ||
    (Array.isArray(value) && value.length === 0) ||
    (isRecord(value) && Object.keys(value).length === 0)
  );
}

/** A generated method by its name, whose case the generator changed. */
function member(message: Message, name: string): ((value?: unknown) => unknown) | undefined {
  const found = Object.getOwnPropertyNames(Object.getPrototypeOf(message)).find(
    (key) => key.toLowerCase() === name.toLowerCase(),
  );
  const methods = message as unknown as Record<string, (value?: unknown) => unknown>;
  return found === undefined ? undefined : (value) => methods[found]?.call(message, value);
}
