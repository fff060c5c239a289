import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly if?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<"test" | "report" | "comment", Job>>;
}

const text = readFileSync(join(__dirname, "../../.github/workflows/preview.yml"), "utf8");
const { on, permissions, jobs } = parse(text) as Workflow;

const steps = Object.values(jobs).flatMap((job) => job.steps);

test("runs for pull requests, and never with the rights of the base", () => {
  expect(Object.keys(on)).toEqual(["pull_request"]);
});

test("gives each job the least it needs", () => {
  expect(permissions).toEqual({});
  expect(jobs.test.permissions).toEqual({ contents: "read" });
  expect(jobs.report.permissions).toEqual({ contents: "read" });
  expect(jobs.comment.permissions).toEqual({ "pull-requests": "write" });
});

test("comments without running code of the pull request, and for no fork", () => {
  expect(jobs.comment.if).toContain("github.event.pull_request.head.repo.full_name == github.repository");
  const { steps } = jobs.comment;
  expect(steps.map(({ uses }) => uses?.split("@")[0])).toEqual(["actions/download-artifact", undefined]);
  expect(steps.map(({ run }) => run).join("\n")).not.toMatch(/make|npm|node /);
});

test("uses every action by commit", () => {
  const used = steps.flatMap(({ uses }) => uses ?? []);
  expect(used.length).toBeGreaterThan(5);
  for (const action of used) expect(action).toMatch(/^actions\/[\w-]+@[0-9a-f]{40}$/);
});

test("keeps no token where a pull request's code runs", () => {
  const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
  expect(checkouts).toHaveLength(2);
  for (const { with: settings } of checkouts)
    expect(settings).toMatchObject({ "persist-credentials": false });
});

test("puts no text of a pull request into a script", () => {
  for (const { run } of steps) expect(run ?? "").not.toContain("${{");
});

test("runs every check", () => {
  expect(jobs.test.steps.map(({ run }) => run)).toContain("make test");
});
