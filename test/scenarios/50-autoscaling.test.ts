import { eventually } from "./support/command";
import { backendPods, type Environment, environment, restore } from "./support/environment";
import { load } from "./support/load";

let local: Environment;
beforeAll(async () => {
  local = await environment();
});
afterAll(() => restore(local));

const podsOfStable = async () => (await local.cluster.pods(backendPods("stable"))).length;

async function expectNoChange(): Promise<void> {
  expect((await local.stack.preview()).changes.touched).toEqual([]);
  expect((await local.stack.drift()).changes.touched).toEqual([]);
}

test("load raises the replicas, calm brings them back, and Pulumi sees no change all along", async () => {
  await eventually("two pods to begin with", async () => (await podsOfStable()) === 2 || undefined, {
    deadlineSeconds: 150,
    everySeconds: 2,
  });
  const started = Date.now();
  const seconds = () => ((Date.now() - started) / 1000).toFixed(0);
  const traffic = load(local.endpoint, 100, 180, 8_000);
  await eventually("more than two pods", async () => (await podsOfStable()) > 2 || undefined, {
    deadlineSeconds: 150,
    everySeconds: 2,
  });
  const raised = seconds();
  await expectNoChange();
  const report = await traffic.stop();
  await eventually("two pods again", async () => (await podsOfStable()) === 2 || undefined, {
    deadlineSeconds: 240,
    everySeconds: 2,
  });
  console.log(`autoscaling: raised after ${raised} s, back after ${seconds()} s; ${JSON.stringify(report)}`);
  await expectNoChange();
}, 600_000);
