import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { driftIn, driftText } from "./drift";
import { comparisonText, previewText } from "./preview";
import { refresh } from "./refresh";
import { commentLimit, report } from "./report";
import { sitesOf } from "./sites";
import { type Declared, declared, descriptionOf, withCheckout } from "./stack";

const usage = `usage: node review/run.mjs preview --env STACK [--base REF]
       node review/run.mjs report --env STACK --base REF [--out FILE] [--limit CHARACTERS|none] [--fail-on-stateful]
       node review/run.mjs drift --stack STACK`;

const options = {
  env: { type: "string" },
  stack: { type: "string" },
  base: { type: "string" },
  out: { type: "string" },
  limit: { type: "string" },
  "fail-on-stateful": { type: "boolean" },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

/** Runs a command; its exit code is 1 where a report is to fail or there is drift, and 2 where nothing could be told. */
export async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  try {
    const { values } = parseArgs({ args: rest, options });
    if (command === "preview") return await preview(values);
    if (command === "report") return await writeReport(values);
    if (command === "drift") return drift(required("STACK", values.stack));
    throw new Error(usage);
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}

/** The stack of this checkout, and that of a base if one is named. */
async function both(
  env: string,
  base: string | undefined,
): Promise<{ after: Declared; before: Declared | undefined }> {
  const here = process.cwd();
  const after = await declared(here, env);
  const before =
    base === undefined ? undefined : await withCheckout(here, base, (folder) => declared(folder, env));
  if (after.description === undefined && before?.description === undefined) {
    throw new Error(`ENV is ${JSON.stringify(env)}; must be a stack with a file stacks/Pulumi.${env}.yaml`);
  }
  return { after, before };
}

const required = (name: string, value: string | undefined): string => {
  if (value === undefined || value === "") throw new Error(`${name} is missing\n${usage}`);
  return value;
};

async function preview({ env, base }: Values): Promise<number> {
  const started = performance.now();
  const { after, before } = await both(required("ENV", env), base === "" ? undefined : base);
  console.log(
    before === undefined
      ? previewText(after.run, sitesOf(after.description))
      : comparisonText(before.run, after.run),
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `\nfound out in ${seconds} s from the program alone: no cloud, cluster, plugin or network was asked`,
  );
  return 0;
}

async function writeReport(values: Values): Promise<number> {
  const [environment, base] = [required("ENV", values.env), required("BASE", values.base)];
  const { after, before } = await both(environment, base);
  if (before === undefined) return 2;
  const limit = limitOf(values.limit);
  const { text, losses } = report({ environment, base, before, after, limit });
  if (values.out === undefined) process.stdout.write(text);
  else writeFileSync(values.out, text);
  if (!values["fail-on-stateful"] || losses.length === 0) return 0;
  console.error(`error: stateful resources would be lost: ${losses.join(", ")}`);
  return 1;
}

function drift(stack: string): number {
  const found = driftIn(refresh(stack));
  console.log(driftText(stack, found, sitesOf(descriptionOf(process.cwd(), stack))));
  return found.drifts.length === 0 ? 0 : 1;
}

/** Most characters of a report. */
function limitOf(text: string | undefined): number {
  if (text === undefined || text === "") return commentLimit;
  if (text === "none") return Infinity;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new Error(`LIMIT is ${JSON.stringify(text)}; must be a number of characters, or none`);
}
