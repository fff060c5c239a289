import { run } from "./support/command";

// One run of what can go wrong between regions, each judged by what clients, DNS servers and both databases saw meanwhile:
// a table and a plot in test/results/chaos. `make chaos` does more of each, and has more faults.

const runSeconds = 280;

test.each([
  "switchover",
  "writer-killed",
  "steward-killed",
  "region-killed",
  "region-cut-clients-stay",
  "regions-cut",
  "witness-lost",
  "quorum-lost",
])("%s", async (scenario) => {
  const { code, output } = await run("test/chaos/run", [scenario], { deadlineSeconds: runSeconds });
  console.log(output);
  expect(code).toBe(0);
});
