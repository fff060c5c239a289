import { run } from "./support/command";

// One run of what can go wrong between regions, each judged by what clients, DNS servers and both databases saw meanwhile:
// a table and a plot in test/results/chaos. `make chaos` does more of each, and has more faults. Times are promised for 19
// of 20 runs: one that misses nothing but a time is followed by two that have to keep it.

const confirmations = 2;
const runSeconds = 280;
const deadlineSeconds = runSeconds * (1 + confirmations);

test.each([
  "switchover",
  "writer-killed",
  "steward-killed",
  "region-killed",
  "region-cut-clients-stay",
  "regions-cut",
  "witness-lost",
  "quorum-lost",
])(
  "%s",
  async (scenario) => {
    const command = [scenario, "--confirm", String(confirmations)];
    const { code, output } = await run("test/chaos/run", command, { deadlineSeconds });
    console.log(output);
    expect(code).toBe(0);
  },
  deadlineSeconds * 1000,
);
