import { type Environment, environment, restore } from "./support/environment";

let local: Environment;
beforeAll(async () => {
  local = await environment();
});
afterAll(() => restore(local));

test("up twice changes nothing", async () => {
  const { changes } = await local.stack.mustUp();
  expect(Object.keys(changes.counts)).toEqual(["same"]);
  expect(changes.touched).toEqual([]);
});

test("changing one weight touches only the router", async () => {
  await local.stack.set("regions.a.routing.backends.canary.weight", 2);
  const preview = await local.stack.preview();
  const up = await local.stack.mustUp();
  expect(preview.changes.touched.length).toBeGreaterThan(0);
  for (const { changes } of [preview, up]) {
    expect(changes.touched.filter((resource) => !/router/.test(resource))).toEqual([]);
  }
  expect((await local.stack.outputs()).weights["a"]).toMatchObject({ canary: 2 });
});
