import { configOf, descriptionOf } from "./description";
import { type Run, runProgram } from "./program";

/** Runs the real stack program with a description, that of `local` unless told otherwise. */
export const runStack = (description: unknown = descriptionOf("local"), stack = "local"): Promise<Run> =>
  runProgram(() => jest.requireActual<Record<string, unknown>>("../../stacks/index"), {
    stack,
    config: configOf(description),
  });
