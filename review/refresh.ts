import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineEvent } from "./drift";

/** Longest a refresh may take. */
const deadlineMilliseconds = 600_000;

/** Compares every resource of a stack with what is really there, and writes nothing; otherwise an error says why. */
export function refresh(stack: string): EngineEvent[] {
  const folder = mkdtempSync(join(tmpdir(), "twinstack-drift-"));
  const log = join(folder, "events.jsonl");
  try {
    const args = ["refresh", "--preview-only", "--non-interactive", "--stack", stack, "--event-log", log];
    const { status, error, stdout, stderr } = spawnSync("pulumi", args, {
      encoding: "utf8",
      timeout: deadlineMilliseconds,
      maxBuffer: 2 ** 28,
      // The log of events is one of the CLI's debugging aids.
      env: { ...process.env, PULUMI_DEBUG_COMMANDS: "true", PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    if (error !== undefined) throw new Error(`pulumi could not be run: ${error.message}`);
    if (status !== 0) throw new Error(`pulumi refresh ended with ${String(status)}:\n${stdout}${stderr}`);
    const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean) : [];
    if (lines.length === 0) throw new Error("pulumi refresh told nothing of what it found");
    return lines.map((line) => JSON.parse(line) as EngineEvent);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
