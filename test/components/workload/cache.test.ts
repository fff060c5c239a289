import { Cache } from "../../../components";
import { runProgram } from "../../support/program";

test("a cache keeps nothing on disk, forgets the longest unused, and says why it is single", async () => {
  const { resources, outputs } = await runProgram(
    () => {
      const { address } = new Cache("cache", {
        place: { namespace: "shop", namespaceName: "shop", labels: {} },
        image: `registry.example/valkey@sha256:${"a".repeat(64)}`,
        memoryMebibytes: 100,
        rolloutTimeoutSeconds: 90,
      });
      return { address };
    },
    { stack: "test", config: {} },
  );
  expect(outputs).toEqual({ address: "cache.shop.svc.cluster.local:6379" });

  const deployment = resources.find(({ name }) => name === "cache-deployment")?.inputs;
  expect(deployment).toMatchObject({
    metadata: { annotations: { "twinstack.dev/single-replica": "a cache: the service answers without it" } },
    spec: {
      replicas: 1,
      strategy: { type: "Recreate" },
      template: { spec: { containers: [{ resources: { limits: { memory: "100Mi" } } }] } },
    },
  });
  const text = JSON.stringify(deployment);
  expect(text).toContain('"--save",""');
  expect(text).toContain('"--appendonly","no"');
  expect(text).toContain('"--maxmemory","75mb","--maxmemory-policy","allkeys-lru"');
});
