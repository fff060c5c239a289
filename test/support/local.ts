import * as docker from "@pulumi/docker";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import { configOf, descriptionOf } from "./description";
import { type Run, runProgram } from "./program";

/** Loads the stack program anew, since it runs by being loaded; over the SDKs that are loaded already. */
function loadStack(): Record<string, unknown> {
  let exported: Record<string, unknown> = {};
  jest.isolateModules(() => {
    jest.doMock("@pulumi/pulumi", () => pulumi);
    // The kubernetes SDK asks for this part by itself.
    jest.doMock("@pulumi/pulumi/runtime", () => pulumi.runtime);
    jest.doMock("@pulumi/kubernetes", () => kubernetes);
    jest.doMock("@pulumi/docker", () => docker);
    jest.doMock("@pulumi/random", () => random);
    jest.doMock("@pulumi/tls", () => tls);
    exported = jest.requireActual<Record<string, unknown>>("../../stacks/index");
  });
  return exported;
}

/** Runs the real stack program with a description, that of `local` unless told otherwise. */
export const runStack = (description: unknown = descriptionOf("local"), stack = "local"): Promise<Run> =>
  runProgram(loadStack, { stack, config: configOf(description) });
