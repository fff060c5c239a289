import { must } from "./support/command";
import { type Environment, environment, restore } from "./support/environment";
import { daemonPid } from "./support/platform";

let local: Environment;
beforeAll(async () => {
  local = await environment();
});
afterAll(async () => {
  await must("platform/run", ["up"]);
  await restore(local);
});

test("an API server lost in the middle of an up: a clear error, and the next up completes", async () => {
  const objects = () => local.cluster.inventory(local.stack.name);
  const before = (await objects()).filter(
    (object) => !/^(Pod|ReplicaSet|EndpointSlice|Endpoints)\//.test(object),
  );

  await local.stack.set("service.version", `${local.outputs.version}-lost`);
  let killed = false;
  const interrupted = await local.stack.up({
    deadlineSeconds: 180,
    onOutput: (text) => {
      if (killed || !/Deployment.*updating/.test(text)) return;
      killed = true;
      process.kill(daemonPid("a-kube-apiserver"), "SIGKILL");
    },
  });
  expect(killed).toBe(true);
  expect(interrupted.code).not.toBe(0);
  expect(interrupted.output).toMatch(/198\.18\.0\.10:6443/);

  await must("platform/run", ["up"]);
  const next = await local.stack.mustUp();
  console.log(
    `API server lost: up failed after ${interrupted.seconds.toFixed(1)} s, the next took ${next.seconds.toFixed(1)} s`,
  );
  expect((await local.stack.mustUp()).changes.touched).toEqual([]);
  const after = (await objects()).filter(
    (object) => !/^(Pod|ReplicaSet|EndpointSlice|Endpoints)\//.test(object),
  );
  expect(after).toEqual(before);
});
