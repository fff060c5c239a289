import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "./command.mjs";

/** Connections that each wait for an answer before they ask again. */
const workers = 16;
/** Far above what two cores answer: it bounds the requests of a run without ever holding one back. */
const ceiling = 20_000;

/**
 * POST /v1/process with as many requests as 16 connections get answered, from inside a region's network namespace.
 * Every request must succeed: refused ones would look fast.
 *
 * @returns requests a second, and milliseconds at the median and at the 99th percentile
 */
export async function attack(session, context, address, seconds) {
  const folder = session.scratch("load");
  const [body, targets, results] = ["body.json", "targets", "results.bin"].map((name) => join(folder, name));
  writeFileSync(body, JSON.stringify({ input: "bench", iterations: 1 }));
  writeFileSync(targets, `POST http://${address}/v1/process\nContent-Type: application/json\n@${body}\n`);
  const shape = [
    "-rate",
    `${ceiling}/1s`,
    "-max-workers",
    workers,
    "-duration",
    `${seconds}s`,
    "-timeout",
    "10s",
  ];
  const vegeta = ["vegeta", "attack", "-targets", targets, "-output", results, ...shape].map(String);
  await must("nsenter", [`--net=/run/netns/${context}`, ...vegeta], { deadlineSeconds: seconds + 30 });
  const report = JSON.parse((await must("vegeta", ["report", "-type", "json", results])).stdout);
  rmSync(results);
  if (report.success !== 1) {
    const codes = JSON.stringify(report.status_codes);
    throw new Error(`${address}: not all answers were good: ${codes} ${(report.errors ?? []).join("; ")}`);
  }
  const { "50th": p50, "99th": p99 } = report.latencies;
  return { rate: report.throughput, p50: p50 / 1e6, p99: p99 / 1e6 };
}
