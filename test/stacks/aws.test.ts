import { join } from "node:path";
import { changed, descriptionOf } from "../support/description";
import { expected, golden } from "../support/golden";
import { runStack } from "../support/local";
import type { Run } from "../support/program";
import { touched } from "../support/touched";

const stacks = ["staging", "production"] as const;

let runs: Readonly<Record<string, Run>>;
beforeAll(async () => {
  runs = {};
  for (const stack of stacks) runs = { ...runs, [stack]: await runStack(descriptionOf(stack), stack) };
});
const runOf = (stack: string): Run => runs[stack] ?? { resources: [], outputs: {} };

test.each(stacks)("%s is what its golden says", (stack) => {
  const actual = golden(runOf(stack));
  expect(actual).toBe(expected(join(__dirname, `expected/${stack}.json`), actual));
});

test.each(stacks)("a second run of %s asks for exactly the same", async (stack) => {
  expect(golden(await runStack(descriptionOf(stack), stack))).toBe(golden(runOf(stack)));
});

const production = descriptionOf("production");
const after = (path: string, value: unknown): Promise<Run> =>
  runStack(changed(production, path, value), "production");

test("one weight touches only the router of its region", async () => {
  const names = touched(runOf("production"), await after("regions.b.routing.backends.canary.weight", 2));
  expect(names).toEqual(["twinstack-b-router-config", "twinstack-b-router-deployment"]);
});

test("a version touches the image and what runs it", async () => {
  expect(touched(runOf("production"), await after("service.version", "0.2.0"))).toEqual([
    "twinstack-a-web-canary-deployment",
    "twinstack-a-web-stable-deployment",
    "twinstack-b-web-canary-deployment",
    "twinstack-b-web-stable-deployment",
    "twinstack-web-image",
  ]);
});

test("a version of Kubernetes touches one region's cluster", async () => {
  expect(touched(runOf("production"), await after("regions.a.cluster.version", "1.35"))).toEqual([
    "twinstack-a-cluster-cluster",
  ]);
});

test("outputs", () => {
  const { outputs } = runOf("production");
  expect(outputs).toMatchObject({
    endpoints: {
      a: "https://dnsName of twinstack-a-front-load-balancer",
      b: "https://dnsName of twinstack-b-front-load-balancer",
    },
    namespaces: { a: "twinstack-production", b: "twinstack-production" },
    database: { mode: "async", rpoSeconds: "unbounded" },
    fqdn: "web.example.com",
  });
  expect(outputs["image"]).toMatch(
    /^111122223333\.dkr\.ecr\.eu-central-1\.amazonaws\.com\/twinstack-production\/web@sha256:[0-9a-f]{64}$/,
  );
});

test("each region runs its own copies of the same images", () => {
  const imagesIn = (region: string): string[] => {
    const text = JSON.stringify(
      runOf("production").resources.filter(({ name }) => name.startsWith(`twinstack-${region}-web-`)),
    );
    return [...new Set([...text.matchAll(/"image":"([^"]*)"/g)].map(([, image]) => image ?? ""))];
  };
  const [a = "", ...others] = imagesIn("a");
  expect(others).toEqual([]);
  expect(imagesIn("b")).toEqual([a.replace(".eu-central-1.", ".eu-west-1.")]);
});
