import { run } from "./support/command";

// Test stacks on the real clusters: one that is left alone, one whose runner and Pulumi are killed in the middle of up, and
// one of which nobody and nothing is left but its objects, some of them unknown to Pulumi. `make ephemeral`, its watchdog
// and `make reap` clean up; an inventory that asks every type of every cluster has to find nothing of any.

const deadlineSeconds = 240;

test(
  "test stacks leave nothing, whatever happens to their runners",
  async () => {
    const { image } = JSON.parse(
      (await run("pulumi", ["stack", "output", "--json", "--stack", "local"])).stdout,
    ) as { image: string };
    const args = [
      "--runs",
      "3",
      "--seed",
      "7",
      "--fault",
      "none",
      "--fault",
      "kill-tree",
      "--fault",
      "state-lost",
    ];
    const { code, output } = await run("test/ephemeral/chaos", [...args, "--image", image], {
      deadlineSeconds,
    });
    console.log(output);
    expect(output).toContain("3 runs, 2 with a fault: 0 left over, 0 not as they must be");
    expect(code).toBe(0);
  },
  deadlineSeconds * 1000,
);

test("a reap finds nothing to do: stack local is nobody's to reap", async () => {
  const { code, output } = await run("test/ephemeral/run", ["reap", "--dry-run"]);
  expect(output).toContain("no test stack was found");
  expect(code).toBe(0);
});
