import { Agent, request } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, run } from "./command";

/** What a bounded, constant-rate attack saw. Times in milliseconds. */
export interface LoadReport {
  readonly requests: number;
  readonly failed: number;
  readonly statusCodes: Readonly<Record<string, number>>;
  readonly errors: readonly string[];
  readonly p50: number;
  readonly p99: number;
}

/** A running attack. */
export interface Load {
  /** Ends it and reports. */
  stop(): Promise<LoadReport>;
  /** Waits for its own end and reports. */
  finished(): Promise<LoadReport>;
}

interface VegetaReport {
  readonly requests: number;
  readonly success: number;
  readonly status_codes: Record<string, number>;
  readonly errors: string[] | null;
  readonly latencies: { readonly "50th": number; readonly "99th": number };
}

/**
 * POST /v1/process at a constant rate with vegeta, bounded in time.
 *
 * @param endpoint base address of the router
 * @param rate requests a second
 * @param seconds the longest it may run
 * @param iterations hash rounds a request, i.e. how much CPU it costs
 */
export function load(endpoint: string, rate: number, seconds: number, iterations = 10): Load {
  const folder = mkdtempSync(join(tmpdir(), "twinstack-load-"));
  const results = join(folder, "results.bin");
  const body = join(folder, "body.json");
  writeFileSync(body, JSON.stringify({ input: "load", iterations }));
  const targets = join(folder, "targets");
  writeFileSync(targets, `POST ${endpoint}/v1/process\nContent-Type: application/json\n@${body}\n`);
  const abort = new AbortController();
  const attack = run(
    "vegeta",
    [
      ...["attack", "-targets", targets, "-output", results, "-name", "scenario"],
      ...["-rate", `${rate}/1s`, "-duration", `${seconds}s`, "-timeout", "10s", "-max-workers", "200"],
    ],
    { deadlineSeconds: seconds + 30, signal: abort.signal },
  );
  const report = async (): Promise<LoadReport> => {
    const ended = await attack;
    try {
      if (ended.code !== 0 && !abort.signal.aborted) throw new Error(`vegeta failed:\n${ended.output}`);
      return toReport(JSON.parse(await must("vegeta", ["report", "-type", "json", results])) as VegetaReport);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  return {
    stop: () => {
      abort.abort();
      return report();
    },
    finished: report,
  };
}

function toReport(report: VegetaReport): LoadReport {
  const succeeded = report.status_codes["200"] ?? 0;
  return {
    requests: report.requests,
    failed: report.requests - succeeded,
    statusCodes: report.status_codes,
    errors: report.errors ?? [],
    p50: report.latencies["50th"] / 1e6,
    p99: report.latencies["99th"] / 1e6,
  };
}

/** One answer of the service. */
export interface Answer {
  readonly status: number;
  readonly backend: string;
  readonly version: string;
  readonly body: string;
}

/** One request from a connection of its own choice. */
export function ask(
  url: string,
  { agent, localAddress, method = "POST" }: { agent?: Agent; localAddress?: string; method?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method,
        headers: { "content-type": "application/json" },
        timeout: 10_000,
        ...(agent && { agent }),
        ...(localAddress && { localAddress }),
      },
      (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.on("end", () => {
          resolve({
            status: response.statusCode ?? 0,
            backend: String(response.headers["x-backend"] ?? ""),
            version: String(response.headers["x-version"] ?? ""),
            body,
          });
        });
      },
    );
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer from ${url} within 10 s`)));
    outgoing.on("error", reject);
    outgoing.end(method === "POST" ? JSON.stringify({ input: "share", iterations: 1 }) : undefined);
  });
}

/** Answers per backend of `count` requests over `connections` connections. */
export async function shares(
  endpoint: string,
  count: number,
  connections = 16,
): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const seen: Record<string, number> = {};
  let left = count;
  const worker = async () => {
    while (left-- > 0) {
      const answer = await ask(`${endpoint}/v1/process`, { agent });
      if (answer.status !== 200) throw new Error(`status ${answer.status}: ${answer.body}`);
      seen[answer.backend] = (seen[answer.backend] ?? 0) + 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, worker));
  } finally {
    agent.destroy();
  }
  return seen;
}
