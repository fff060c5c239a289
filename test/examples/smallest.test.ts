import { readFileSync } from "node:fs";
import { runProgram } from "../support/program";

test("the smallest program is a whole topology", async () => {
  const { resources, outputs } = await runProgram(
    () => jest.requireActual<Record<string, unknown>>("../../examples/smallest"),
    { stack: "smallest", config: {} },
  );
  expect(outputs).toEqual({ endpoints: { home: "http://router.twinstack-smallest.svc.cluster.local" } });
  const deployments = resources.filter(({ type }) => type === "kubernetes:apps/v1:Deployment");
  expect(deployments.map(({ name }) => name).sort()).toEqual([
    "smallest-home-router-deployment",
    "smallest-home-web-canary-deployment",
    "smallest-home-web-stable-deployment",
  ]);
  for (const { provider } of deployments) expect(provider).toBe("smallest-home-cluster-provider");
});

test("README quotes it", () => {
  const readme = readFileSync("README.md", "utf8");
  const quoted = /<!-- example -->\s*```ts\n(.*?)```\s*<!-- \/example -->/s.exec(readme)?.[1];
  expect(quoted).toBe(readFileSync("examples/smallest.ts", "utf8"));
});
