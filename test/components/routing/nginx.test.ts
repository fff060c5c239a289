import { type Exposure, type NginxRouting, planRouter, type RouterArgs } from "../../../components/routing";
import { runProgram } from "../../support/program";

const routing: NginxRouting = {
  kind: "nginx",
  algorithm: "weighted",
  backends: { stable: { weight: 1 } },
  exposure: { kind: "clusterIp" },
};

async function router(over: Partial<NginxRouting> = {}, args: Partial<RouterArgs> = {}) {
  const { resources, outputs } = await runProgram(
    () => {
      const { endpoint, weights } = planRouter({ ...routing, ...over }).create("router", {
        place: { namespace: "shop", namespaceName: "shop", labels: {} },
        image: `registry.example/nginx@sha256:${"a".repeat(64)}`,
        backends: [{ name: "stable", weight: 1, host: "web-stable.shop", port: 8080 }],
        resolver: "kube-dns.kube-system.svc.cluster.local",
        requestSeconds: 5,
        rolloutTimeoutSeconds: 90,
        ...args,
      });
      return { endpoint, weights };
    },
    { stack: "test", config: {} },
  );
  return {
    outputs,
    inputs: (role: string) => resources.find(({ name }) => name === `router-${role}`)?.inputs,
  };
}

const local = { externalTrafficPolicy: "Local" };

test.each<[Exposure, object, string]>([
  [
    { kind: "nodePort", host: "198.51.100.7", nodePort: 30080 },
    { type: "NodePort", ports: [{ port: 80, nodePort: 30080 }], ...local },
    "http://198.51.100.7:30080",
  ],
  [{ kind: "loadBalancer" }, { type: "LoadBalancer", ...local }, "http://lb.example"],
  [{ kind: "clusterIp" }, { type: "ClusterIP" }, "http://router.shop.svc.cluster.local"],
])("exposed by %j", async (exposure, spec, endpoint) => {
  const { inputs, outputs } = await router({ exposure });
  expect(inputs("service")).toMatchObject({ spec });
  expect(outputs).toEqual({ endpoint, weights: { stable: 1 } });
});

test("pods drain, then quit, before they are killed", async () => {
  const { inputs } = await router({ drainSeconds: 10 });
  expect(inputs("config")).toMatchObject({
    data: { "drain.sh": expect.stringContaining("sleep 10") as unknown },
  });
  expect(inputs("deployment")).toMatchObject({
    metadata: { annotations: { "twinstack.dev/forget-seconds": "8" } },
    spec: {
      replicas: 2,
      template: {
        spec: {
          // 10 to drain, 14 for two tries at a pod, 5 to spare.
          terminationGracePeriodSeconds: 29,
          containers: [
            {
              lifecycle: { preStop: { exec: { command: ["/bin/sh", "/etc/router/drain.sh"] } } },
              livenessProbe: { httpGet: { path: "/router/health" } },
              readinessProbe: { httpGet: { path: "/router/ready" } },
              securityContext: { readOnlyRootFilesystem: true },
            },
          ],
        },
      },
    },
  });
});

test("a changed configuration has a new name, and the pods follow it", async () => {
  const volume = async (over: Partial<NginxRouting>): Promise<string | undefined> =>
    /"configMap":\{"name":"([^"]+)"/.exec(JSON.stringify((await router(over)).inputs("deployment")))?.[1];
  const before = await volume({});
  expect(before).toMatch(/^router-config-/);
  expect(await volume({ retryNonIdempotent: true })).not.toBe(before);
});

test("the region's health is passed on where somebody knows it", async () => {
  const config = async (args: Partial<RouterArgs>): Promise<string> =>
    JSON.stringify((await router({}, args)).inputs("config")?.["data"]);
  const health = { host: "steward.shop", port: 8080, path: "/region-health" };
  expect(await config({ health })).toContain("server steward.shop:8080 resolve");
  expect(await config({})).not.toContain("/region-health");
});

describe("exposed by a load balancer beside the cluster", () => {
  const exposure = { kind: "networkLoadBalancer" } as const;
  const front = { url: "https://front.example", targets: "arn:aws:elasticloadbalancing:targets" };

  test("pods join its targets, and clients are told of it", async () => {
    const { inputs, outputs } = await router({ exposure }, { front });
    expect(outputs["endpoint"]).toBe("https://front.example");
    expect(inputs("service")).toMatchObject({ spec: { type: "ClusterIP" } });
    expect(inputs("binding")).toMatchObject({
      apiVersion: "eks.amazonaws.com/v1",
      kind: "TargetGroupBinding",
      metadata: { name: "router", namespace: "shop" },
      spec: {
        serviceRef: { name: "router", port: 80 },
        targetGroupARN: front.targets,
        targetType: "ip",
      },
    });
  });

  test("is refused without one", async () => {
    await expect(router({ exposure })).rejects.toThrow(
      "front is missing; must be there, since the routing's exposure is a network load balancer",
    );
  });
});

test("names are resolved by whom the cluster says", async () => {
  const { inputs } = await router({}, { resolver: "172.20.0.10" });
  expect(JSON.stringify(inputs("config"))).toContain("resolver 172.20.0.10 ");
});
