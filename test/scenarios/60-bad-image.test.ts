import { type Environment, environment, restore } from "./support/environment";
import { load } from "./support/load";

let local: Environment;
beforeAll(async () => {
  local = await environment();
});
afterAll(() => restore(local));

test("a bad image fails in time, names pod and reason, touches nothing else; the next up recovers", async () => {
  const absent = `${local.outputs.image.split("@")[0] ?? ""}@sha256:${"0".repeat(64)}`;
  const others = async () =>
    local.cluster.kubectl(
      ...["get", "deployments,services,hpa,pdb", "-o"],
      'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.generation}{"\\n"}{end}',
    );
  const untouched = (listing: string) => listing.split("\n").filter((line) => !line.includes("canary"));
  const before = untouched(await others());

  await local.stack.set("regions.a.routing.backends.canary.image", absent);
  const traffic = load(local.endpoint, 50, 150);
  const bad = await local.stack.up({ deadlineSeconds: 150 });
  expect(bad.code).not.toBe(0);
  expect(bad.output).toMatch(/\[Pod twinstack-local\/web-canary-[a-z0-9-]+\]/);
  expect(bad.output).toMatch(/ErrImagePull|ImagePullBackOff/);
  expect(bad.changes.touched.filter((resource) => !resource.includes("canary"))).toEqual([]);
  expect(untouched(await others())).toEqual(before);

  local.stack.resetConfig();
  const recovered = await local.stack.mustUp();
  console.log(
    `bad image: failed after ${bad.seconds.toFixed(1)} s, recovered in ${recovered.seconds.toFixed(1)} s`,
  );
  expect(await traffic.stop()).toMatchObject({ failed: 0, errors: [] });
  expect((await local.stack.mustUp()).changes.touched).toEqual([]);
});
