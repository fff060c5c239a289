import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import http from "node:http";
import https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

import { ApiError, ConnectionError } from "./errors";

/** One request to an API server. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** @default "application/json" */
  readonly contentType?: string;
  readonly signal: AbortSignal;
}

/** Where an API server is, and how to prove who is calling. */
export interface Endpoint {
  /** Its address, such as `https://127.0.0.1:6443`. */
  readonly server: string;
  /** TLS material, and headers that authenticate; asked for every request, since tokens expire. */
  readonly credentials: () => Promise<https.RequestOptions>;
  /** How long one request may take; watches are not limited. */
  readonly requestTimeoutMilliseconds: number;
}

const connectTimeoutMilliseconds = 5_000;
const overloadAttempts = 8;

/** Talks HTTP to one API server over connections that stay open. */
export class ApiConnection {
  private agent: http.Agent | undefined;

  constructor(private readonly endpoint: Endpoint) {}

  get server(): string {
    return this.endpoint.server;
  }

  /** Sends a request and reads the JSON answer. An overloaded server is asked again when it says so. */
  async request(request: ApiRequest): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.send(request, this.endpoint.requestTimeoutMilliseconds);
      const body = await this.readBody(answer);
      const code = answer.statusCode ?? 0;
      if (code >= 200 && code < 300) {
        return body === "" ? {} : JSON.parse(body);
      }
      const wait = retryAfterMilliseconds(answer);
      if (wait === undefined || attempt === overloadAttempts) {
        throw ApiError.fromAnswer(code, answer.statusMessage ?? "", body);
      }
      await sleep(wait, undefined, { signal: request.signal });
    }
  }

  /** Sends a request and hands over the answer line by line until it ends or the signal aborts. */
  async stream(request: ApiRequest, onLine: (line: string) => void): Promise<void> {
    const answer = await this.send(request, 0);
    const code = answer.statusCode ?? 0;
    if (code !== 200) {
      throw ApiError.fromAnswer(code, answer.statusMessage ?? "", await this.readBody(answer));
    }
    let rest = "";
    answer.setEncoding("utf8");
    try {
      for await (const chunk of answer as AsyncIterable<string>) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        lines.filter((line) => line !== "").forEach(onLine);
      }
    } catch (error) {
      if (!request.signal.aborted) {
        throw error instanceof ApiError ? error : this.lost(error);
      }
    }
  }

  private async send(request: ApiRequest, timeoutMilliseconds: number): Promise<IncomingMessage> {
    const url = new URL(this.endpoint.server.replace(/\/+$/, "") + request.path);
    for (const [key, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) {
        url.searchParams.set(key, value);
      }
    }
    const credentials = await this.endpoint.credentials();
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers: OutgoingHttpHeaders = {
      ...headersOf(credentials),
      Accept: "application/json",
      "User-Agent": "twinstack-kubernetes-provider",
      ...(body === undefined
        ? {}
        : {
            "Content-Type": request.contentType ?? "application/json",
            "Content-Length": Buffer.byteLength(body),
          }),
    };
    const { agent: proxy, ...tls } = credentials;
    const options: https.RequestOptions = {
      ...tls,
      method: request.method,
      headers,
      agent: proxy ?? this.sharedAgent(url.protocol),
      signal: request.signal,
    };
    return this.exchange(url, options, body, timeoutMilliseconds);
  }

  /**
   * A reused connection may have been closed by the server just before. A read or an apply is safe to repeat then; a
   * create is not, since nobody knows whether the server had it.
   */
  private async exchange(
    url: URL,
    options: https.RequestOptions,
    body: string | undefined,
    timeoutMilliseconds: number,
  ): Promise<IncomingMessage> {
    try {
      return await this.attempt(url, options, body, timeoutMilliseconds);
    } catch (error) {
      if (error instanceof ConnectionError && error.stale && options.method !== "POST") {
        return this.attempt(url, { ...options, agent: false }, body, timeoutMilliseconds);
      }
      throw error;
    }
  }

  private attempt(
    url: URL,
    options: https.RequestOptions,
    body: string | undefined,
    timeoutMilliseconds: number,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = (url.protocol === "http:" ? http : https).request(url, options);
      const connecting = setTimeout(() => {
        request.destroy(new Error(`no connection within ${connectTimeoutMilliseconds / 1000} s`));
      }, connectTimeoutMilliseconds);
      let sent = false;
      const connected = (): void => {
        clearTimeout(connecting);
        sent = true;
      };
      request.on("socket", (socket) => {
        if (request.reusedSocket) {
          connected();
        } else {
          socket.once(url.protocol === "http:" ? "connect" : "secureConnect", connected);
        }
      });
      if (timeoutMilliseconds > 0) {
        request.setTimeout(timeoutMilliseconds, () => {
          request.destroy(new Error(`no answer within ${timeoutMilliseconds / 1000} s`));
        });
      }
      request.on("response", resolve);
      request.on("close", () => {
        clearTimeout(connecting);
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        reject(new ConnectionError(this.server, error, sent, request.reusedSocket));
      });
      request.end(body);
    });
  }

  private async readBody(answer: IncomingMessage): Promise<string> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString("utf8");
    } catch (error) {
      throw this.lost(error);
    }
  }

  private lost(error: unknown): ConnectionError {
    return new ConnectionError(this.server, error instanceof Error ? error : new Error(String(error)), true);
  }

  private sharedAgent(protocol: string): http.Agent {
    this.agent ??= new (protocol === "http:" ? http : https).Agent({ keepAlive: true, maxSockets: 64 });
    return this.agent;
  }
}

function headersOf(credentials: https.RequestOptions): OutgoingHttpHeaders {
  const { headers } = credentials;
  return headers === undefined || Array.isArray(headers) ? {} : { ...(headers as OutgoingHttpHeaders) };
}

/** How long a server that is overloaded or starting wants to be left alone; undefined when it did not ask for that. */
function retryAfterMilliseconds(answer: IncomingMessage): number | undefined {
  const code = answer.statusCode ?? 0;
  const seconds = Number(answer.headers["retry-after"]);
  if ((code !== 429 && code < 500) || !Number.isFinite(seconds)) {
    return undefined;
  }
  return Math.min(Math.max(seconds, 0.1), 5) * 1000;
}
