import { join } from "node:path";
import { changed, descriptionOf } from "../support/description";
import { expected, golden } from "../support/golden";
import { runStack } from "../support/local";
import type { Run } from "../support/program";
import { byName, touched } from "../support/touched";

const file = join(__dirname, "expected/local.json");
const local = descriptionOf("local");

/** Images of a resource's containers. */
const imagesOf = (run: Run, name: string): unknown[] =>
  [...JSON.stringify(byName(run).get(name)?.inputs).matchAll(/"image":"([^"]*)"/g)].map(([, image]) => image);

/** The same value with the keys of every object in reverse. */
function reversed(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

let run: Run;
beforeAll(async () => {
  run = await runStack();
});

test("the stack is what its golden says", () => {
  const actual = golden(run);
  expect(actual).toBe(expected(file, actual));
});

test("a second run asks for exactly the same, whatever the order of the description's keys", async () => {
  expect(golden(await runStack(reversed(local)))).toBe(golden(run));
});

test("one weight touches only the router", async () => {
  const after = await runStack(changed(local, "regions.a.routing.backends.canary.weight", 2));
  expect(touched(run, after)).toEqual(["twinstack-a-router-config", "twinstack-a-router-deployment"]);
});

test("weights in the same proportion touch nothing", async () => {
  const percent = { stable: { weight: 30 }, candidate: { weight: 20 }, canary: { weight: 10 } };
  expect(touched(run, await runStack(changed(local, "regions.a.routing.backends", percent)))).toEqual([]);
});

test("a version touches the image and what runs it", async () => {
  const after = await runStack(changed(local, "service.version", "0.2.0"));
  expect(touched(run, after)).toEqual([
    "twinstack-a-web-canary-deployment",
    "twinstack-a-web-candidate-deployment",
    "twinstack-a-web-stable-deployment",
    "twinstack-b-web-canary-deployment",
    "twinstack-b-web-candidate-deployment",
    "twinstack-b-web-stable-deployment",
    "twinstack-web-image",
  ]);
});

test("a canary's own image touches only the canary's pods", async () => {
  const image = `registry.example/web@sha256:${"b".repeat(64)}`;
  const after = await runStack(changed(local, "regions.a.routing.backends.canary.image", image));
  expect(touched(run, after)).toEqual(["twinstack-a-web-canary-deployment"]);
  expect(new Set(imagesOf(after, "twinstack-a-web-canary-deployment"))).toEqual(new Set([image]));
  expect(after.outputs).toEqual(run.outputs);
});

test("an image built elsewhere is run as it is, and nothing is built", async () => {
  const web = `registry.example/web@sha256:${"a".repeat(64)}`;
  const { resources, outputs } = await runStack(changed(local, "images.web", web));
  expect(outputs["image"]).toBe(web);
  expect(resources.map(({ name }) => name)).not.toContain("twinstack-web-image");
});

test("outputs", () => {
  const { outputs } = run;
  expect(outputs).toMatchObject({
    endpoints: { a: "http://198.18.0.10:30080", b: "http://198.18.0.11:30080" },
    weights: {
      a: { stable: 3, candidate: 2, canary: 1 },
      b: { stable: 3, candidate: 2, canary: 1 },
    },
    namespaces: { a: "twinstack-local", b: "twinstack-local" },
    database: { mode: "semi-sync", rpoSeconds: 0, rtoSeconds: 9 },
    fqdn: "web.twinstack.test",
    version: "0.1.0",
  });
  expect(outputs["image"]).toMatch(/^198\.18\.0\.1:5000\/twinstack\/web@sha256:[0-9a-f]{64}$/);
});
