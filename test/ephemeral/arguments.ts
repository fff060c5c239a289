import { parseArgs } from "node:util";
import { defaultTtlSeconds, durationRule, isRunId, parseDuration } from "./identity";
import { faultNames, noFault } from "./faults";

/** A stack for one command. */
export interface UpOptions {
  readonly command: "up";
  /** A shape of `local`, or the file of a stack. */
  readonly spec: string;
  readonly ttlSeconds: number;
  /** The service's image by digest; undefined to build it. */
  readonly image: string | undefined;
  /** What is run against the stack, as a shell reads it. */
  readonly run: string;
}

export interface ReapOptions {
  readonly command: "reap";
  /** Takes what is older than this, whatever time it was given. Seconds. */
  readonly olderThanSeconds: number | undefined;
  readonly dryRun: boolean;
  /** Looks at these runs only. */
  readonly only: readonly string[];
}

export interface InventoryOptions {
  readonly command: "inventory";
  readonly id: string;
}

export interface ChaosOptions {
  readonly command: "chaos";
  readonly runs: number;
  readonly seed: number;
  /** Faults to inject, one a run; undefined for half of the runs with all kinds of them. */
  readonly faults: readonly string[] | undefined;
  readonly image: string | undefined;
}

/** The watchdog of a run: nobody types this. */
export interface WatchOptions {
  readonly command: "watch";
  readonly id: string;
}

export type Options = UpOptions | ReapOptions | InventoryOptions | ChaosOptions | WatchOptions;

/** What is wrong with arguments, in the house's words. */
export class UsageError extends Error {}

export const usage = `usage: test/ephemeral/run up [--spec one-region|two-regions|FILE] [--ttl 2h] [--image REF] --run COMMAND
       test/ephemeral/run reap [--older-than 2h] [--dry-run] [--only ID]...
       test/ephemeral/run inventory ID
       test/ephemeral/chaos [--runs N] [--seed S] [--fault NAME]... [--image REF]
`;

const text = { type: "string" } as const;
const texts = { type: "string", multiple: true } as const;

/** Reads a command line; throws a {@link UsageError}. */
export function parse([command = "", ...rest]: readonly string[]): Options {
  const commands = ["up", "reap", "inventory", "chaos", "watch"];
  if (!commands.includes(command)) refuse("command", command, `one of ${commands.slice(0, -1).join(", ")}`);
  try {
    return parseFor(command as Options["command"], rest);
  } catch (error) {
    // Told by its code: the parser has no class of errors of its own.
    const code = String((error as { code?: string }).code);
    throw code.startsWith("ERR_PARSE_ARGS_") ? new UsageError((error as Error).message) : error;
  }
}

function parseFor(command: Options["command"], args: string[]): Options {
  switch (command) {
    case "up":
      return parseUp(args);
    case "reap":
      return parseReap(args);
    case "inventory":
    case "watch":
      return { command, id: runId("ID", parseArgs({ args, allowPositionals: true }).positionals[0] ?? "") };
    case "chaos":
      return parseChaos(args);
  }
}

function parseUp(args: string[]): UpOptions {
  const { values } = parseArgs({ args, options: { spec: text, ttl: text, image: text, run: text } });
  const { spec = "", ttl = "", image = "", run = "" } = values;
  if (run.trim() === "") refuse("--run", run, "a command to run against the stack");
  const ttlSeconds = ttl === "" ? defaultTtlSeconds : duration("--ttl", ttl);
  if (ttlSeconds < 60 || ttlSeconds > 604_800) refuse("--ttl", ttl, "from 60s to 7d");
  return { command: "up", spec: spec === "" ? "one-region" : spec, ttlSeconds, image: digest(image), run };
}

function parseReap(args: string[]): ReapOptions {
  const options = { "older-than": text, "dry-run": { type: "boolean" }, only: texts } as const;
  const { values } = parseArgs({ args, options });
  const olderThan = values["older-than"] ?? "";
  return {
    command: "reap",
    olderThanSeconds: olderThan === "" ? undefined : duration("--older-than", olderThan),
    dryRun: values["dry-run"] ?? false,
    only: (values.only ?? []).map((id) => runId("--only", id)),
  };
}

function parseChaos(args: string[]): ChaosOptions {
  const { values } = parseArgs({ args, options: { runs: text, seed: text, fault: texts, image: text } });
  const { runs, seed, fault, image = "" } = values;
  const known: readonly string[] = [noFault, ...faultNames];
  for (const name of fault ?? []) {
    if (!known.includes(name)) refuse("--fault", name, `one of ${known.join(", ")}`);
  }
  return {
    command: "chaos",
    runs: count("--runs", runs ?? String(fault?.length ?? 20), 1, 1000),
    seed: count("--seed", seed ?? String(Date.now() % 1_000_000), 0, 2 ** 31),
    faults: fault,
    image: digest(image),
  };
}

function refuse(what: string, found: string, allowed: string): never {
  throw new UsageError(`${what} is ${found === "" ? "missing" : JSON.stringify(found)}; must be ${allowed}`);
}

const duration = (what: string, found: string): number =>
  parseDuration(found) ?? refuse(what, found, durationRule);

const runId = (what: string, found: string): string =>
  isRunId(found) ? found : refuse(what, found, "the id of a run, such as 261129120030-k3f9");

function count(what: string, found: string, from: number, to: number): number {
  const value = Number(found);
  const isCount = /^\d+$/.test(found) && value >= from && value <= to;
  return isCount ? value : refuse(what, found, `an integer from ${from} to ${to}`);
}

function digest(image: string): string | undefined {
  if (image === "") return undefined;
  if (/^\S+@sha256:[0-9a-f]{64}$/.test(image)) return image;
  return refuse("--image", image, "an image by digest, such as registry.example/web@sha256:<64 hex digits>");
}
