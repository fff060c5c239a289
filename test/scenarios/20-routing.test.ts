import { Agent } from "node:http";
import { processesOf } from "./support/cluster";
import { eventually } from "./support/command";
import { backendPods, type Environment, environment, restore } from "./support/environment";
import { ask, shares } from "./support/load";
import { fit } from "./support/statistics";

/** The router contract: what every implementation of the port must do, seen on the real data plane. */
const requests = 10_000;
const ipHashClients = 240;

let local: Environment;
beforeAll(async () => {
  local = await environment();
});
afterAll(() => restore(local));

async function route(algorithm: string, weights: Record<string, number>): Promise<void> {
  await local.stack.set("regions.a.routing.algorithm", algorithm);
  for (const [backend, weight] of Object.entries(weights)) {
    await local.stack.set(`regions.a.routing.backends.${backend}.weight`, weight);
  }
  await local.stack.mustUp();
}

test.each([
  ["weighted", { stable: 3, candidate: 2, canary: 1 }],
  ["weighted", { stable: 9, candidate: 1, canary: 0 }],
  ["roundRobin", { stable: 1, candidate: 1, canary: 1 }],
])("%s over %j: shares within 1 percentage point, weight 0 gets none", async (algorithm, weights) => {
  await route(algorithm, weights);
  const counts = await shares(local.endpoint, requests);
  const { worstPoints, plausible } = fit(counts, weights);
  console.log(
    `${algorithm} ${JSON.stringify(weights)} -> ${JSON.stringify(counts)}, off by ${worstPoints.toFixed(2)} points`,
  );
  expect(worstPoints).toBeLessThanOrEqual(1);
  expect(plausible).toBe(true);
  const idle = Object.entries(weights).filter(([, weight]) => weight === 0);
  for (const [backend] of idle) expect(counts[backend] ?? 0).toBe(0);
});

test("leastConnections keeps new requests from a backend that is stuck", async () => {
  await route("leastConnections", { stable: 1, candidate: 1, canary: 0 });
  const stuck = (await local.cluster.pods(backendPods("stable"))).flatMap(processesOf);
  const callers = 20;
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const seen: Record<string, number> = {};
  const caller = { calling: true };
  // A function, since the compiler believes a field to be unchanged across an await.
  const isCalling = (state: { calling: boolean }) => state.calling;
  const call = async () => {
    while (caller.calling) {
      const { backend } = await ask(`${local.endpoint}/v1/process`, { agent });
      if (isCalling(caller)) seen[backend] = (seen[backend] ?? 0) + 1;
    }
  };
  stuck.forEach((pid) => process.kill(pid, "SIGSTOP"));
  const calls = Array.from({ length: callers }, call);
  try {
    // Round robin would lose every second request, so that all callers hang after a few; here half stay free.
    await eventually(
      "callers kept going on the healthy backend",
      () => Promise.resolve((seen["candidate"] ?? 0) > 20 * callers || undefined),
      { deadlineSeconds: 2, everySeconds: 0.05 },
    );
  } finally {
    caller.calling = false;
    stuck.forEach((pid) => process.kill(pid, "SIGCONT"));
    await Promise.allSettled(calls);
    agent.destroy();
  }
  expect(seen["stable"] ?? 0).toBe(0);
});

test("ipHash keeps a client on its backend and spreads clients by weight", async () => {
  const weights = { stable: 3, candidate: 2, canary: 1 };
  await route("ipHash", weights);
  const backendOf: Record<string, number> = {};
  for (let client = 1; client <= ipHashClients; client++) {
    const localAddress = `198.18.1.${client}`;
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => ask(`${local.endpoint}/v1/process`, { localAddress })),
    );
    const backends = new Set(answers.map((answer) => answer.backend));
    expect([localAddress, ...backends]).toHaveLength(2);
    const [backend = ""] = backends;
    backendOf[backend] = (backendOf[backend] ?? 0) + 1;
  }
  console.log(`ipHash: ${JSON.stringify(backendOf)} of ${ipHashClients} clients`);
  // Ketama spreads by points on a ring: close to the weights, never exactly on them.
  expect(fit(backendOf, weights).worstPoints).toBeLessThanOrEqual(10);
});
