import { createCluster, Topology, type TopologyArgs, type TopologyRegion } from "../../components";
import { runProgram } from "../support/program";
import type { Description } from "../../stacks/schema";
import { descriptionOf } from "../support/description";

const { images, service, regions: described } = descriptionOf("local");
const [a] = Object.values(described) as [Description["regions"][string]];

/** Runs a program of one topology with region `a` of local, changed. */
const topology = (over: Partial<TopologyArgs> = {}, region: Partial<TopologyRegion> = {}) =>
  runProgram(
    () => {
      const cluster = createCluster("a", { kind: "existing", context: "a" });
      const regions = { a: { ...a, cluster, ...region } };
      new Topology("twinstack", { project: "shop", stack: "test", images, service, regions, ...over });
      return {};
    },
    { stack: "test", config: {} },
  );

test("a drain that is too short is refused wherever it comes from", async () => {
  await expect(topology({ service: { ...service, drainSeconds: 2 } })).rejects.toThrow(
    "service.drainSeconds is 2; must be at least 5",
  );
});

test("the escape hatch reaches every part", async () => {
  const review = <Args extends object>(given: Args): Args => ({ ...given, metadata: { name: "reviewed" } });
  const { resources } = await topology({
    transform: {
      cache: { service: review },
      web: { service: review },
      router: { nginx: { service: review } },
    },
  });
  const services = resources.filter(({ type }) => type === "kubernetes:core/v1:Service");
  expect(services).toHaveLength(5);
  for (const { inputs } of services) expect(inputs["metadata"]).toEqual({ name: "reviewed" });
});

test("without a cache the service is told of none", async () => {
  const { resources } = await topology({}, { cache: undefined });
  expect(resources.map(({ name }) => name).filter((name) => name.includes("cache"))).toEqual([]);
  expect(JSON.stringify(resources)).toContain('{"name":"REDIS_ADDRESS","value":""}');
});
