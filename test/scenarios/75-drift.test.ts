import { eventually, type Finished, must, run } from "./support/command";
import { type Environment, environment, restore } from "./support/environment";
import { isWhole, Steward } from "./support/steward";

/** From a change of the writer until both regions serve, and the one has what the other acknowledged. */
const wholeSeconds = 120;

let local: Environment;
let steward: Steward;
beforeAll(async () => {
  local = await environment();
  steward = new Steward(local.cluster);
  await steward.until("both regions are well", isWhole, wholeSeconds);
});
afterAll(async () => {
  await repair();
  await restore(local);
});

/** What `make drift` runs: `make` itself makes one exit code of all that are not 0. */
const drift = (): Promise<Finished> => run("node", ["review/run.mjs", "drift", "--stack", local.stack.name]);

/** What a drift says to do about it. */
async function repair(): Promise<void> {
  const args = ["up", "--refresh", "--yes", "--skip-preview", "--non-interactive"];
  await must("pulumi", [...args, "--stack", local.stack.name, "--policy-pack", "policies"], {
    env: { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" },
  });
}

async function expectNone(): Promise<void> {
  const { code, output } = await drift();
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/^no drift in local: \d{3} resources as declared/),
  ]);
}

test("replicas that others decide about are no drift", async () => {
  await local.cluster.kubectl("scale", "deployment/web-canary", "--replicas=4");
  await expectNone();
});

test("routes that the steward moves are no drift", async () => {
  await steward.run("switchover", "--to", "b");
  await steward.until("b writes", ({ writer, open }) => writer === "b" && open, 15);
  // Or the hold-down ends in the middle of what is looked at.
  await steward.run("pause");
  try {
    await expectNone();
  } finally {
    await steward.run("resume");
  }
  await steward.until("both regions are well", isWhole, wholeSeconds);
  await steward.run("failback");
  await steward.until("a writes again", ({ writer, open }) => writer === "a" && open, 30);
});

test("what somebody changed, added or deleted by hand is named, and is repaired as told", async () => {
  const kubectl = (...args: string[]) => local.cluster.kubectl(...args);
  // The same image under a name that can be moved: what a hurried rollback looks like.
  const tagged = `${local.outputs.image.split("@")[0] ?? ""}:${local.outputs.version}`;
  await kubectl("set", "image", "deployment/web-candidate", `web=${tagged}`);
  await kubectl("label", "--overwrite", "service/router", "app.kubernetes.io/part-of=something-else");
  await kubectl("label", "service/router", "team=blue");
  await kubectl("delete", "poddisruptionbudget/web-stable");
  await kubectl("rollout", "status", "deployment/web-candidate", "--timeout=60s");

  const { code, output } = await drift();
  expect(code).toBe(1);
  expect(output).toContain("drift in local: 3 of ");
  expect(output).toContain("  twinstack-a-web-candidate-deployment (Deployment, a)\n");
  expect(output).toContain(`found \`${tagged}\``);
  expect(output).toContain("expected `twinstack`, found `something-else`");
  expect(output).toContain("metadata.labels.team: expected nothing, found `blue`, added by kubectl-label");
  expect(output).toContain("  twinstack-a-web-stable-disruption-budget (PodDisruptionBudget, a): it is gone");
  expect(output).toContain("PULUMI_K8S_ENABLE_PATCH_FORCE=true pulumi up --refresh --stack local");

  await repair();
  await kubectl("label", "service/router", "team-");
  await expectNone();
  await eventually("the candidate's pods are rolled out", () =>
    kubectl("rollout", "status", "deployment/web-candidate", "--timeout=60s"),
  );
});

test("a stack that can't be asked is not taken for one without drift", async () => {
  const { code, output } = await run("node", ["review/run.mjs", "drift", "--stack", "nowhere"]);
  expect([code, output]).toEqual([2, expect.stringContaining("error: pulumi refresh ended with")]);
});
