import * as pulumi from "@pulumi/pulumi";

/** Where a value stands, from the outside in: `["regions", "a", "cluster"]`. */
export type Path = readonly (string | number)[];

/** One thing wrong with what somebody wrote. Reads as `<path> is <found>; must be <allowed>; <fix>`. */
export interface Problem {
  readonly path: Path;
  /** What stands there now, as {@link show} tells it, or words such as `missing`. */
  readonly found: string;
  /** What may stand there: completes "must be". */
  readonly allowed: string;
  /** How to put it right, where `allowed` does not say it all. */
  readonly fix?: string;
}

const longestShown = 80;

/** A value as an error may tell it: short, on one line, and without the user and password of an address. */
export function show(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return "an object";
  const safe = value.replace(/[^\s/@]+:[^\s/@]+@(?!sha256:)/g, "***@");
  return JSON.stringify(safe.length > longestShown ? `${safe.slice(0, longestShown)}...` : safe);
}

/** A path as `pulumi config set --path` takes it: `regions.a`, `regions["eu.west"]`. The subject itself is "it". */
export function showPath(path: Path): string {
  if (path.length === 0) return "it";
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}

/** The house's sentence for one problem. */
export function sentence({ path, found, allowed, fix }: Problem): string {
  return [`${showPath(path)} is ${found}`, `must be ${allowed}`, ...(fix === undefined ? [] : [fix])].join(
    "; ",
  );
}

/** The same problems, seen from `path` further out. */
export function under(path: Path, problems: readonly Problem[]): Problem[] {
  return problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}

/** Every problem of one subject in one message. Pulumi prints it without a stack trace. */
export class ValidationError extends pulumi.RunError {
  /** @param advice - closes the message: what to do once the sentences are read */
  constructor(
    subject: string,
    readonly problems: readonly Problem[],
    advice?: string,
  ) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const lines = problems.map((problem) => `  ${sentence(problem)}`);
    super([`${subject} has ${count}:`, ...lines, ...(advice === undefined ? [] : [advice])].join("\n"));
    this.name = "ValidationError";
  }
}

/** Refuses `subject` if anything is wrong with it. */
export function refuse(subject: string, problems: readonly Problem[], advice?: string): void {
  if (problems.length > 0) throw new ValidationError(subject, problems, advice);
}

/** What a part can't do without; otherwise one error. */
export function needed<Value>(
  value: Value | undefined,
  subject: string,
  { path, allowed }: Pick<Problem, "path" | "allowed">,
): Value {
  if (value !== undefined) return value;
  throw new ValidationError(subject, [{ path, found: show(value), allowed }]);
}

/**
 * Ends an exhaustive switch: reached only where the types were got round.
 * @param value - a kind, or something of that kind
 */
export function assertNever(value: never, path: Path): never {
  const { kind = value } = Object(value) as { readonly kind?: unknown };
  throw new ValidationError("a closed choice", [
    { path, found: show(kind), allowed: "one of the kinds this version knows" },
  ]);
}
