import { eventually } from "./support/command";
import { type Environment, environment, restore } from "./support/environment";
import { ask, load } from "./support/load";

let local: Environment;
beforeAll(async () => {
  local = await environment();
});
afterAll(() => restore(local));

test("a rolling update under load fails no request and ends with the new version everywhere", async () => {
  const version = `${local.outputs.version}-scenario`;
  await local.stack.set("service.version", version);
  const traffic = load(local.endpoint, 100, 200);
  const up = await local.stack.up();
  const report = await traffic.stop();
  console.log(`rolled to ${version} in ${up.seconds.toFixed(1)} s under load: ${JSON.stringify(report)}`);
  expect(up.code).toBe(0);
  expect(report).toMatchObject({ failed: 0, errors: [] });
  // Pods of the old version serve until the router has forgotten them.
  const answers = await eventually(
    "only the new version answers",
    async () => {
      const some = await Promise.all(Array.from({ length: 60 }, () => ask(`${local.endpoint}/v1/process`)));
      return some.every((answer) => answer.version === version) ? some : undefined;
    },
    { deadlineSeconds: 15 },
  );
  expect(new Set(answers.map((answer) => answer.backend)).size).toBe(3);
});
