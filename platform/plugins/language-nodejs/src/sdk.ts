import { createRequire } from "node:module";
import path from "node:path";

/** The scripts of the SDK that run a program, a policy pack, or a plugin written in TypeScript. */
export type Runner = "run" | "run-policy-pack" | "run-plugin";

/** Finds a runner in the SDK that the program itself has installed. */
export function locateRunner(runner: Runner, programDirectory: string, installCommand: string): string {
  try {
    return createRequire(path.join(programDirectory, "index.js")).resolve(`@pulumi/pulumi/cmd/${runner}`);
  } catch {
    throw new Error(`It looks like the Pulumi SDK has not been installed. Have you run ${installCommand}?`);
  }
}
