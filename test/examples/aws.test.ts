import { runProgram } from "../support/program";

test("two regions on AWS are a whole topology", async () => {
  const { resources, outputs } = await runProgram(
    () => jest.requireActual<Record<string, unknown>>("../../examples/aws"),
    { stack: "aws", config: {} },
  );
  expect(outputs).toMatchObject({
    endpoints: {
      frankfurt: "https://dnsName of aws-frankfurt-front-load-balancer",
      dublin: "https://dnsName of aws-dublin-front-load-balancer",
    },
    database: { mode: "async" },
    fqdn: "shop.example.com",
  });
  const clusters = resources.filter(({ type }) => type === "aws:eks/cluster:Cluster");
  expect(clusters.map(({ name, provider }) => [name, provider]).sort()).toEqual([
    ["aws-dublin-cluster-cluster", "aws-dublin-aws-provider"],
    ["aws-frankfurt-cluster-cluster", "aws-frankfurt-aws-provider"],
  ]);
});
