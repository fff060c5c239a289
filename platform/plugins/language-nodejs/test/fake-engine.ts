import type { Server } from "@grpc/grpc-js";
import { EngineService, type IEngineServer } from "@pulumi/pulumi/proto/engine_grpc_pb";
import {
  GetRootResourceResponse,
  RequirePulumiVersionResponse,
  SetRootResourceResponse,
  type LogRequest,
  type StartDebuggingRequest,
} from "@pulumi/pulumi/proto/engine_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import {
  RegisterResourceResponse,
  SupportsFeatureResponse,
  type RegisterResourceOutputsRequest,
  type RegisterResourceRequest,
} from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

import { unary } from "../../support/handlers";
import { listen, newServer } from "../../support/serve";

/** The engine's side of a run: registers whatever it is told to, as a preview would, and keeps the requests. */
export class FakeEngine {
  readonly logs: LogRequest.AsObject[] = [];
  readonly registered: RegisterResourceRequest[] = [];
  readonly outputs: RegisterResourceOutputsRequest[] = [];
  readonly debuggers: StartDebuggingRequest[] = [];
  shutdowns = 0;

  /** When set, the answer to whoever wants a debugger. */
  debuggerRefusal: string | undefined;
  #urn = "";

  private constructor(
    private readonly server: Server,
    readonly stack: string,
    readonly project: string,
  ) {}

  /** Serves the engine and its resource monitor on one port. */
  static async start(project = "language", stack = "v"): Promise<{ engine: FakeEngine; address: string }> {
    const server = newServer();
    const engine = new FakeEngine(server, stack, project);
    server.addService(EngineService, engine.#engineService());
    server.addService(ResourceMonitorService, engine.#monitorService());
    return { engine, address: `127.0.0.1:${await listen(server)}` };
  }

  /** Goes away as a killed engine does. */
  stop(): void {
    this.server.forceShutdown();
  }

  #engineService(): IEngineServer {
    return {
      log: unary((request: LogRequest) => {
        this.logs.push(request.toObject());
        return new Empty();
      }),
      getRootResource: unary(() => new GetRootResourceResponse().setUrn(this.#urn)),
      setRootResource: unary((request) => {
        this.#urn = request.getUrn();
        return new SetRootResourceResponse();
      }),
      startDebugging: unary((request: StartDebuggingRequest) => {
        if (this.debuggerRefusal !== undefined) {
          throw new Error(this.debuggerRefusal);
        }
        this.debuggers.push(request);
        return new Empty();
      }),
      requirePulumiVersion: unary(() => new RequirePulumiVersionResponse()),
    };
  }

  /** The part of the monitor that the recorded program uses. */
  #monitorService(): Parameters<Server["addService"]>[1] {
    return {
      supportsFeature: unary(() => new SupportsFeatureResponse().setHassupport(true)),
      registerResource: unary((request: RegisterResourceRequest) => {
        this.registered.push(request);
        const urn = `urn:pulumi:${this.stack}::${this.project}::${request.getType()}::${request.getName()}`;
        return new RegisterResourceResponse().setUrn(urn).setObject(request.getObject());
      }),
      registerResourceOutputs: unary((request: RegisterResourceOutputsRequest) => {
        this.outputs.push(request);
        return new Empty();
      }),
      signalAndWaitForShutdown: unary(() => {
        this.shutdowns += 1;
        return new Empty();
      }),
    };
  }
}
