import type { ChildProcess } from "node:child_process";

import {
  Client,
  credentials,
  status,
  type handleUnaryCall,
  type MethodDefinition,
  type Server,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import {
  AnalyzerHandshakeResponse,
  AnalyzerStackConfigureRequest,
  AnalyzerStackConfigureResponse,
} from "@pulumi/pulumi/proto/analyzer_pb";

import { Deferred } from "../../support/deferred";
import { isServiceError, RpcError, unary } from "../../support/handlers";
import { listen, newServer } from "../../support/serve";

/** The stack's settings as the policy SDK reads them. */
type Environment = Record<string, string>;

const same = (bytes: Buffer): Buffer => bytes;

/**
 * Stands between the engine and a policy pack.
 *
 * The policy SDK reads the stack's configuration from its environment when it starts, but the engine sends it over gRPC
 * to a policy pack that runs already. So the proxy answers the engine, starts the pack when the configuration is known,
 * and from then on passes every message through unread.
 */
export class PolicyProxy {
  readonly #server: Server = newServer();
  readonly #configured = new Deferred<Buffer | undefined>();
  readonly #pack = new Deferred<Client>();
  #port = 0;

  private constructor() {
    // Nobody may be waiting for the pack when it fails to start.
    this.#pack.promise.catch(() => undefined);
  }

  /** Starts a proxy on a free port. */
  static async serve(): Promise<PolicyProxy> {
    const proxy = new PolicyProxy();
    proxy.#server.addService(...proxy.#service());
    proxy.#port = await listen(proxy.#server);
    return proxy;
  }

  /** Where the engine finds the proxy. */
  get port(): number {
    return this.#port;
  }

  /** The environment for the pack: known once the engine has sent it, or asks for something else first. */
  async configuration(): Promise<Environment> {
    const bytes = await this.#configured.promise;
    return bytes === undefined ? {} : packEnvironment(AnalyzerStackConfigureRequest.deserializeBinary(bytes));
  }

  /** Connects to a pack that was started: it prints its port first, the rest of its output goes on to `stdout`. */
  attach(child: ChildProcess, stdout: (bytes: Buffer) => void): void {
    let head = Buffer.alloc(0);
    let connected = false;
    child.stdout?.on("data", (bytes: Buffer) => {
      if (connected) {
        stdout(bytes);
        return;
      }
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf("\n");
      if (end >= 0) {
        connected = true;
        void this.#connect(head.toString("utf8", 0, end));
        if (head.length > end + 1) {
          stdout(head.subarray(end + 1));
        }
      }
    });
    child.once("close", () => {
      this.#fail("the policy pack ended before it was ready; what it printed is above");
    });
  }

  /** Ends the proxy; what still waits for the pack fails. */
  close(): void {
    this.#configured.resolve(undefined);
    this.#fail("the policy pack was stopped");
    this.#pack.promise.then(
      (client) => {
        client.close();
      },
      () => undefined,
    );
    // Not at once: the engine is to read why its calls failed.
    this.#server.tryShutdown(() => undefined);
  }

  async #connect(port: string): Promise<void> {
    if (!/^\d+$/.test(port)) {
      this.#fail(`the policy pack printed ${JSON.stringify(port)} where its port belongs`);
      return;
    }
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const configuration = await this.#configured.promise;
    try {
      if (configuration !== undefined) {
        await forward(client, AnalyzerService.configureStack.path, configuration);
      }
      this.#pack.resolve(client);
    } catch (error) {
      // Packs built with an older SDK don't know this message and need none.
      if (isServiceError(error) && error.code === status.UNIMPLEMENTED) {
        this.#pack.resolve(client);
        return;
      }
      client.close();
      this.#pack.reject(error);
    }
  }

  #fail(reason: string): void {
    this.#pack.reject(new RpcError(status.UNAVAILABLE, reason));
  }

  #service(): [ServiceDefinition, UntypedServiceImplementation] {
    const definition: Record<string, MethodDefinition<Buffer, Buffer>> = {};
    const handlers: Record<string, handleUnaryCall<Buffer, Buffer>> = {};
    for (const [name, method] of Object.entries(AnalyzerService)) {
      const { path } = method as MethodDefinition<unknown, unknown>;
      definition[name] = {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      };
      handlers[name] = unary(async (request: Buffer) => {
        // Some commands, `policy publish` for one, ask without configuring a stack.
        this.#configured.resolve(undefined);
        return forward(await this.#pack.promise, path, request);
      });
    }
    handlers["handshake"] = unary(() => Buffer.from(new AnalyzerHandshakeResponse().serializeBinary()));
    handlers["configureStack"] = unary((request: Buffer) => {
      this.#configured.resolve(request);
      return Buffer.from(new AnalyzerStackConfigureResponse().serializeBinary());
    });
    return [definition, handlers];
  }
}

/** The settings of a stack, as variables that the policy SDK reads. */
export function packEnvironment(request: AnalyzerStackConfigureRequest): Environment {
  const variables: Environment = {
    PULUMI_NODEJS_ORGANIZATION: request.getOrganization(),
    PULUMI_NODEJS_PROJECT: request.getProject(),
    PULUMI_NODEJS_STACK: request.getStack(),
    PULUMI_NODEJS_DRY_RUN: String(request.getDryRun()),
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
  };
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
}

function forward(client: Client, path: string, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, request, (error, response) => {
      if (error === null && response !== undefined) {
        resolve(response);
      } else {
        reject(error ?? new Error(`${path} was answered with nothing`));
      }
    });
  });
}
