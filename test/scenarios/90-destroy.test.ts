import { eventually } from "./support/command";
import { type Environment, environment, restore } from "./support/environment";

let local: Environment;
beforeAll(async () => {
  local = await environment();
});
afterAll(() => restore(local));

test("destroy leaves nothing that kubectl can find, and a second one is a no-op", async () => {
  expect(await local.cluster.inventory(local.stack.name)).not.toEqual([]);
  const destroyed = await local.stack.destroy();
  console.log(`destroy: ${destroyed.seconds.toFixed(1)} s, ${JSON.stringify(destroyed.changes.counts)}`);
  expect(destroyed.code).toBe(0);
  // Pods outlive their owner by the seconds they drain.
  await eventually("nothing is left", async () => {
    const left = await local.cluster.inventory(local.stack.name);
    if (left.length > 0) throw new Error(left.join(", "));
    return true;
  });
  const second = await local.stack.destroy();
  expect(second.code).toBe(0);
  expect(second.changes.touched).toEqual([]);
});
