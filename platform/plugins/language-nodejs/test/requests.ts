import type { Client, MethodDefinition } from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import { ProgramInfo, RunRequest, type RunResponse } from "@pulumi/pulumi/proto/language_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

import type { RunningHost } from "./harness";

/** Where a program is, as the engine says it. */
export function programInfo(directory: string, options: Record<string, JavaScriptValue> = {}): ProgramInfo {
  return new ProgramInfo()
    .setRootDirectory(directory)
    .setProgramDirectory(directory)
    .setEntryPoint(".")
    .setOptions(Struct.fromJavaScript(options));
}

/** A Run request from the JSON that the engine logs. */
export function runRequest(json: Readonly<Record<string, unknown>>, monitorAddress: string): RunRequest {
  const { info, config, ...rest } = json as unknown as RecordedRun;
  const request = new RunRequest()
    .setProject(rest.project)
    .setStack(rest.stack)
    .setPwd(rest.pwd)
    .setDryrun(rest.dryRun)
    .setParallel(rest.parallel)
    .setOrganization(rest.organization)
    .setConfigsecretkeysList(rest.configSecretKeys)
    .setInfo(programInfo(info.programDirectory).setRootDirectory(info.rootDirectory))
    .setMonitorAddress(monitorAddress);
  for (const [key, value] of Object.entries(config)) {
    request.getConfigMap().set(key, value);
  }
  return request;
}

/** A Run request for a program that the recorded runs don't have. */
export function simpleRun(
  directory: string,
  address: string,
  options: Record<string, JavaScriptValue> = {},
): RunRequest {
  return new RunRequest()
    .setProject("language")
    .setStack("v")
    .setOrganization("organization")
    .setDryrun(true)
    .setParallel(4)
    .setInfo(programInfo(directory, options))
    .setMonitorAddress(address);
}

/** Calls Run and waits for its answer. */
export function run(host: RunningHost, request: RunRequest): Promise<RunResponse> {
  return call(host.client, LanguageRuntimeService.run, request);
}

/** A unary call as a promise. */
export function call<Request, Response>(
  client: Client,
  method: MethodDefinition<Request, Response>,
  request: Request,
): Promise<Response> {
  const { path, requestSerialize, responseDeserialize } = method;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, response) => {
      if (error === null && response !== undefined) {
        resolve(response);
      } else {
        reject(error ?? new Error(`${path} was answered with nothing`));
      }
    });
  });
}

interface RecordedRun {
  readonly project: string;
  readonly stack: string;
  readonly pwd: string;
  readonly dryRun: boolean;
  readonly parallel: number;
  readonly organization: string;
  readonly configSecretKeys: string[];
  readonly config: Readonly<Record<string, string>>;
  readonly info: { readonly rootDirectory: string; readonly programDirectory: string };
}
