import { Cluster } from "./support/cluster";
import { eventually } from "./support/command";
import { type Environment, environment, restore } from "./support/environment";

let local: Environment;
beforeAll(async () => {
  local = await environment();
});
afterAll(() => restore(local));

test("destroy leaves nothing that kubectl can find, and a second one is a no-op", async () => {
  const sites = ["a", "b", "w"].map(
    (site) => new Cluster(`twinstack-${site}`, local.outputs.namespaces["a"] ?? ""),
  );
  for (const site of sites) expect(await site.inventory(local.stack.name)).not.toEqual([]);
  const destroyed = await local.stack.destroy();
  console.log(`destroy: ${destroyed.seconds.toFixed(1)} s, ${JSON.stringify(destroyed.changes.counts)}`);
  expect(destroyed.code).toBe(0);
  // Pods outlive their owner by the seconds they drain.
  await eventually("nothing is left", async () => {
    const left = (await Promise.all(sites.map((site) => site.inventory(local.stack.name)))).flat();
    if (left.length > 0) throw new Error(left.join(", "));
    return true;
  });
  // Volumes are of no namespace: they go after their claims.
  await eventually("no volume is left", async () => {
    const volumes = await Promise.all(
      sites.map((site) => site.kubectl("get", "persistentvolumes", "-o", "name")),
    );
    return volumes.join("") === "" ? true : undefined;
  });
  const second = await local.stack.destroy();
  expect(second.code).toBe(0);
  expect(second.changes.touched).toEqual([]);
});
