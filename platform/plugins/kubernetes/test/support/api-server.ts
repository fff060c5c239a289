import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import type { Properties } from "../../src/values";

/** A request as the API server got it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An answer; `hangUp` breaks the connection instead. */
export type Answer =
  { readonly code: number; readonly body: unknown; readonly headers?: Record<string, string> } | "hangUp";

const served: Readonly<
  Record<string, readonly (readonly [kind: string, plural: string, namespaced: boolean])[]>
> = {
  v1: [
    ["Namespace", "namespaces", false],
    ["ConfigMap", "configmaps", true],
    ["Secret", "secrets", true],
    ["ServiceAccount", "serviceaccounts", true],
    ["Service", "services", true],
    ["Endpoints", "endpoints", true],
    ["Pod", "pods", true],
    ["Event", "events", true],
  ],
  "apps/v1": [
    ["Deployment", "deployments", true],
    ["ReplicaSet", "replicasets", true],
    ["StatefulSet", "statefulsets", true],
  ],
  "batch/v1": [["Job", "jobs", true]],
  "policy/v1": [["PodDisruptionBudget", "poddisruptionbudgets", true]],
  "autoscaling/v2": [["HorizontalPodAutoscaler", "horizontalpodautoscalers", true]],
  "discovery.k8s.io/v1": [["EndpointSlice", "endpointslices", true]],
  "rbac.authorization.k8s.io/v1": [
    ["Role", "roles", true],
    ["RoleBinding", "rolebindings", true],
  ],
  "apiextensions.k8s.io/v1": [["CustomResourceDefinition", "customresourcedefinitions", false]],
  "example.com/v1": [["Widget", "widgets", true]],
};

/** An HTTP server with the parts of Kubernetes' API that a test scripts; the live scenarios use a real one. */
export class ApiServer {
  readonly requests: SeenRequest[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly answer: (request: SeenRequest) => Answer,
  ) {
    server.on(
      "request",
      (request: IncomingMessage, response: ServerResponse) => void this.handle(request, response),
    );
    server.on("connection", (socket: Socket) => this.sockets.add(socket));
  }

  static async start(answer: (request: SeenRequest) => Answer): Promise<ApiServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ApiServer(server, answer);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** A kubeconfig for this server. */
  get kubeconfig(): string {
    return kubeconfigFor(this.url);
  }

  stop(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    return new Promise((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString("utf8");
    const seen: SeenRequest = {
      method: request.method ?? "",
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: text === "" ? undefined : JSON.parse(text),
    };
    const answer = discovery(seen) ?? this.answer(seen);
    this.requests.push(seen);
    if (answer === "hangUp") {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.code, { "Content-Type": "application/json", ...answer.headers });
    response.end(JSON.stringify(answer.body));
  }
}

/** A kubeconfig with one context, `test`. */
export function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    clusters: [{ name: "test", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "test", user: { token: "token" } }],
  });
}

/** Kubernetes' way of saying no. */
export function refusal(code: number, reason: string, message: string, details: Properties = {}): Answer {
  return {
    code,
    body: { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message, details },
  };
}

export function ok(body: unknown): Answer {
  return { code: 200, body };
}

/** The path of an object. */
export function pathOf(object: Properties): string {
  const { apiVersion, kind, metadata } = object as {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace?: string };
  };
  const entry = served[apiVersion]?.find(([name]) => name === kind);
  if (entry === undefined) {
    throw new Error(`the test's API server does not serve ${apiVersion} ${kind}`);
  }
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}${entry[2] ? `/namespaces/${metadata.namespace ?? "default"}` : ""}/${entry[1]}/${metadata.name}`;
}

function discovery(request: SeenRequest): Answer | undefined {
  const [, group, version] = /^(?:\/api|\/apis\/([^/]+))\/([^/]+)$/.exec(request.path) ?? [];
  if (version === undefined) {
    return undefined;
  }
  const kinds = served[group === undefined ? version : `${group}/${version}`];
  return kinds === undefined
    ? refusal(404, "NotFound", "the server could not find the requested resource")
    : ok({ resources: kinds.map(([kind, name, namespaced]) => ({ kind, name, namespaced })) });
}
