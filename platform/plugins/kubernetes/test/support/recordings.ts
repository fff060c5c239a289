import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import type { Properties } from "../../src/values";
import { isRecord } from "../../src/values";

/** One call that the engine made to the official provider, with its answer. */
export interface RecordedCall {
  readonly method: string;
  readonly request: Properties;
  readonly response: Properties;
}

/** The runs that were recorded, in the order in which they ran. */
export const recordedRuns = [
  "preview-no-cluster",
  "create",
  "again",
  "refresh",
  "preview-update",
  "update",
  "destroy",
] as const;

/** The provider calls of a run, in the order in which they were answered. */
export function recordedCalls(run: (typeof recordedRuns)[number]): RecordedCall[] {
  const file = join(__dirname, "../../../../../test/fixtures/kubernetes", `grpc-${run}.jsonl.gz`);
  return gunzipSync(readFileSync(file))
    .toString("utf8")
    .split("\n")
    .filter((line) => line.includes('"/pulumirpc.ResourceProvider/') && line.includes('"response_completed"'))
    .map((line): unknown => JSON.parse(line))
    .filter((entry): entry is Properties => isRecord(entry) && entry["errors"] === undefined)
    .map(({ method, request, response }) => ({
      method: String(method).split("/").at(-1) ?? "",
      request: isRecord(request) ? request : {},
      response: isRecord(response) ? response : {},
    }));
}
