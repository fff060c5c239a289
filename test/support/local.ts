import * as pulumi from "@pulumi/pulumi";
import { configOf, descriptionOf } from "./description";
import { type Run, runProgram } from "./program";

/** Packages that the stack program and they themselves ask for by these names: loading one takes longer than running it. */
const sdks = [
  "@pulumi/aws",
  ...[
    "acm",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "ecr",
    "eks",
    "iam",
    "kms",
    "lb",
    "rds",
    "route53",
    "sns",
    "vpc",
  ].map((part) => `@pulumi/aws/${part}`),
  "@pulumi/docker",
  "@pulumi/kubernetes",
  "@pulumi/random",
  "@pulumi/tls",
  "zod",
];

/** Loads the stack program anew, since it runs by being loaded; over the SDKs that are loaded already. */
function loadStack(): Record<string, unknown> {
  let exported: Record<string, unknown> = {};
  const loaded = sdks.map((sdk) => [sdk, jest.requireActual<object>(sdk)] as const);
  jest.isolateModules(() => {
    jest.doMock("@pulumi/pulumi", () => pulumi);
    // The kubernetes SDK asks for this part by itself.
    jest.doMock("@pulumi/pulumi/runtime", () => pulumi.runtime);
    for (const [sdk, module] of loaded) jest.doMock(sdk, () => module);
    exported = jest.requireActual<Record<string, unknown>>("../../stacks/index");
  });
  return exported;
}

/** Runs the real stack program with a description, that of `local` unless told otherwise. */
export const runStack = (description: unknown = descriptionOf("local"), stack = "local"): Promise<Run> =>
  runProgram(loadStack, { stack, config: configOf(description) });
