import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import {
  type DatabaseConfig,
  type Path,
  type Problem,
  refuse,
  show,
  showPath,
  stackNameProblems,
} from "../components";
import { member, valueAt } from "./parts";
import { crossProblems } from "./rules";
import { didYouMean } from "./did-you-mean";
import { type Description, schema } from "./schema";

/** What a stack is, validated: its names and its description. */
export interface StackConfig extends Omit<Description, "database"> {
  readonly database?: DatabaseConfig | undefined;
  readonly project: string;
  readonly stack: string;
}

/** What Pulumi hands over for a stack. */
export interface RawConfig {
  readonly project: string;
  readonly stack: string;
  /** The value of `<project>:topology` as JSON; undefined if nobody set it. */
  readonly text: string | undefined;
  /** Whether somebody marked that value as a secret. */
  readonly isSecret: boolean;
}

const key = "topology";

/** Reads the description of the current stack. */
export function readConfig(): StackConfig {
  const config = new pulumi.Config();
  // The SDK tells nobody which keys are secret; the engine hands it the list in this variable.
  const secretKeys = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as readonly string[];
  return parseConfig({
    project: pulumi.getProject(),
    stack: pulumi.getStack(),
    text: config.get(key),
    isSecret: secretKeys.includes(`${config.name}:${key}`),
  });
}

/** The validated description of a stack; otherwise one error with every problem. */
export function parseConfig({ project, stack, text, isSecret }: RawConfig): StackConfig {
  const subject = `${project}:${key} of stack ${stack}`;
  const advice =
    `Nothing was changed. Correct stacks/Pulumi.${stack}.yaml, or use ` +
    `\`pulumi config set --path '${project}:${key}.<path>' <value>\`.`;
  refuse(subject, isSecret ? [secretProblem(project)] : [], advice);

  const raw = fromJson(text);
  const parsed = schema.safeParse(raw);
  const problems = [
    ...stackNameProblems(project, stack),
    ...runProblems(stack, raw),
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, raw))),
    ...crossProblems(raw),
  ];
  refuse(subject, once(problems), advice);
  const { database, ...description } = schema.parse(raw);
  // A rule has told already if the mode can't keep the promise.
  return { project, stack, ...description, database: database as DatabaseConfig | undefined };
}

/** Whatever carries a run's id is destroyed when its time is over: no other stack may. */
function runProblems(stack: string, raw: unknown): Problem[] {
  const id = member(member(raw, "run"), "id");
  if (typeof id !== "string" || stack === `test-${id}`) return [];
  const allowed = `there only in stack test-${id}`;
  return [
    { path: ["run"], found: `there in stack ${stack}`, allowed, fix: "remove it: it marks what is reaped" },
  ];
}

function secretProblem(project: string): Problem {
  return {
    path: [],
    found: "marked as a secret",
    allowed: "plain: it decides which resources there are, and holds no secret",
    fix: `set it again with \`pulumi config set --plaintext --path '${project}:${key}...'\``,
  };
}

/** What stands in the stack's file; text that is no JSON stays text. */
function fromJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return text;
  }
}

/** A shape's complaint in the house's words. */
function problemsOf(issue: z.core.$ZodIssue, raw: unknown): Problem[] {
  const path = issue.path as Path;
  const allowed = issue.message;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => unknownKey([...path, name], name, allowed));
  }
  if (issue.code === "custom") {
    const { found, fix } = issue.params as Pick<Problem, "found" | "fix">;
    return [{ path, found, allowed, ...(fix === undefined ? {} : { fix }) }];
  }
  const value = valueAt(raw, path);
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // A text or an object: what is told is what is wrong with the one that stands there.
    const [ofText = [], ofObject = []] = issue.errors;
    const meant = typeof value === "object" ? ofObject : ofText;
    return meant.flatMap((each) => problemsOf({ ...each, path: [...path, ...each.path] }, raw));
  }
  const fix = issue.code === "invalid_type" ? quoteFix(issue.expected, value) : undefined;
  return [{ path, found: show(value), allowed, ...(fix === undefined ? {} : { fix }) }];
}

function unknownKey(path: Path, name: string, known: string): Problem {
  const meant = didYouMean(name, known.split(/,? /));
  const fix = meant === undefined ? "remove it" : `did you mean ${meant}?`;
  return { path, found: "not a known key", allowed: known, fix };
}

/** YAML reads `version: 1.0` as a number and `"3"` as a text. */
function quoteFix(expected: string, value: unknown): string | undefined {
  if (expected === "string" && typeof value === "number") return "put it in quotes";
  if (expected === "number" && typeof value === "string" && /^\d+$/.test(value))
    return "write it without quotes";
  return undefined;
}

/** The same problem found by a shape and by a rule is one problem. */
function once(problems: readonly Problem[]): Problem[] {
  const byPlace = new Map(
    problems.toReversed().map((problem) => [showPath(problem.path) + problem.found, problem]),
  );
  return problems.filter((problem) => byPlace.get(showPath(problem.path) + problem.found) === problem);
}
