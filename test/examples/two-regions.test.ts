import { runProgram } from "../support/program";

test("two regions and a witness are a whole topology", async () => {
  const { resources, outputs } = await runProgram(
    () => jest.requireActual<Record<string, unknown>>("../../examples/two-regions"),
    { stack: "two-regions", config: {} },
  );
  expect(outputs).toEqual({
    endpoints: { east: "http://192.0.2.10:30080", west: "http://198.51.100.10:30080" },
    database: { mode: "semi-sync", rpoSeconds: 0, rtoSeconds: 9 },
    fqdn: "web.shop.example",
  });
  const members = resources.filter(({ type }) => type === "kubernetes:apps/v1:StatefulSet");
  expect(members.map(({ name, provider }) => [name, provider]).sort()).toEqual([
    ["two-regions-peers-database-east-stateful-set", "two-regions-east-cluster-provider"],
    ["two-regions-peers-database-west-stateful-set", "two-regions-west-cluster-provider"],
    ["two-regions-peers-quorum-east-stateful-set", "two-regions-east-cluster-provider"],
    ["two-regions-peers-quorum-west-stateful-set", "two-regions-west-cluster-provider"],
    ["two-regions-peers-quorum-witness-stateful-set", "two-regions-witness-cluster-provider"],
  ]);
});
