import { runs, variableOf } from "../environment";
import { input, shown } from "../inputs";
import { fails, type Field, notYetKnown } from "../manifest";
import type { Resource, StackRule } from "../rule";

/** Modes in which a write is acknowledged only once another region has it. */
const lossless = ["semi-sync", "group"];

/** What a mode can promise, in seconds of acknowledged writes lost with a region. */
const promisable = (mode: unknown): 0 | "unbounded" =>
  lossless.some((each) => each === mode) ? 0 : "unbounded";

function promiseProblems(stack: Resource): string[] {
  const mode = input(stack, "database.mode");
  const rpo = input(stack, "database.rpoSeconds");
  if (input(stack, "database") === undefined || mode === notYetKnown) return [];
  return fails(rpo, (seconds) => seconds === promisable(mode))
    ? [
        `output database.rpoSeconds is ${shown(rpo)} with mode ${shown(mode)}; must be ${shown(promisable(mode))}: ` +
          'only "semi-sync" and "group" lose no acknowledged write',
      ]
    : [];
}

/** A workload that runs in another mode than the stack says it does. */
function otherMode(workload: Resource, promised: Field<unknown>): string[] {
  const mode = variableOf(workload, "DATABASE_MODE");
  return mode !== undefined && promised !== notYetKnown && fails(mode, (each) => each === promised)
    ? [`${workload.name}: DATABASE_MODE is ${shown(mode)}; must be ${shown(promised)}, as the stack promises`]
    : [];
}

export const rpoMatchesMode: StackRule = {
  kind: "stack",
  name: "rpo-matches-mode",
  description:
    "The stack promises the loss of writes (RPO) that its replication can keep, and replicates as it promises.",
  why: "Whoever counts on RPO 0 with asynchronous replication learns of the difference when a region is lost.",
  check: (resources) => {
    const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
    if (stack === undefined || input(stack, "database") === undefined) return [];
    const mode = input(stack, "database.mode");
    const workloads = resources.filter((each) => runs(each, "steward") || runs(each, "database"));
    const aurora = resources.filter(({ type }) => type === "aws:rds/globalCluster:GlobalCluster");
    return [
      ...promiseProblems(stack),
      ...workloads.flatMap((workload) => otherMode(workload, mode)),
      ...aurora
        .filter(() => fails(mode, (each) => each === "async"))
        .map(
          ({ name }) => `${name} replicates asynchronously; database.mode is ${shown(mode)}, must be "async"`,
        ),
    ];
  },
};
