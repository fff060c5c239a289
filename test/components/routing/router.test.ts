import { sentence } from "../../../components/core";
import {
  type Algorithm,
  planRouter,
  type Routing,
  routingProblems,
  weightsOf,
} from "../../../components/routing";

const routing = (algorithm: Algorithm, weights: Record<string, number>): Routing => ({
  kind: "nginx",
  algorithm,
  backends: Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, { weight }])),
  exposure: { kind: "clusterIp" },
});

test.each<[Algorithm, Record<string, number>]>([
  ["roundRobin", { stable: 1, canary: 1 }],
  ["roundRobin", { stable: 5, canary: 5, retired: 0 }],
  ["weighted", { stable: 9, canary: 1 }],
  ["leastConnections", { stable: 2, canary: 1 }],
  ["ipHash", { stable: 2, canary: 1 }],
])("%s takes %j", (algorithm, weights) => {
  expect(routingProblems(routing(algorithm, weights), [])).toEqual([]);
  expect(weightsOf(routing(algorithm, weights).backends)).toEqual(weights);
});

test("roundRobin refuses unequal weights and names what takes them", () => {
  expect(routingProblems(routing("roundRobin", { stable: 9, canary: 1 }), ["routing"]).map(sentence)).toEqual(
    [
      'routing.algorithm is "roundRobin" over unequal weights (canary 1, stable 9); ' +
        'must be "weighted", "leastConnections" or "ipHash" where weights differ; ' +
        "set it to weighted, or make the weights equal (0 is allowed)",
    ],
  );
});

test("a router forgets a pod after what DNS and its own memory take", () => {
  const nginx = routing("weighted", { stable: 1 });
  expect(planRouter(nginx).forgetSeconds).toBe(8);
  expect(planRouter({ ...nginx, dnsTtlSeconds: 30 }).forgetSeconds).toBe(33);
});

test("a router nobody wrote is refused", () => {
  const istio = { ...routing("weighted", { stable: 1 }), kind: "istio" } as unknown as Routing;
  expect(() => planRouter(istio)).toThrow(
    'routing.kind is "istio"; must be one of the kinds this version knows',
  );
});
