import { readFileSync } from "node:fs";
import { join } from "node:path";
import { report, type Report } from "../../review/report";
import type { Declared } from "../../review/stack";
import { changed, descriptionOf } from "../support/description";
import { runStack } from "../support/local";

/** A stack with a description, as the real program declares it. */
export const declaredAs = async (description: unknown, stack = "local"): Promise<Declared> => ({
  run: await runStack(description, stack),
  description,
});

/** The description of a stack with the values at some dotted paths replaced. */
export const edited = (stack: string, edits: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.entries(edits).reduce<Record<string, unknown>>(
    (description, [path, value]) => changed(description, path, value),
    { ...descriptionOf(stack) },
  );

/** The report of a change to a stack. */
export const reportOf = (before: Declared, after: Declared, limit?: number, environment = "local"): Report =>
  report({ environment, base: "main", before, after, ...(limit === undefined ? {} : { limit }) });

/** Where the golden of a report is. */
export const expectedFile = (name: string): string => join(__dirname, "expected", `${name}.md`);

export const read = (file: string): string => readFileSync(file, "utf8");
