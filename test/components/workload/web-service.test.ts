import { WebService, type WebServiceArgs } from "../../../components";
import { runProgram } from "../../support/program";

const args: WebServiceArgs = {
  place: { namespace: "shop", namespaceName: "shop", labels: { owner: "me" } },
  role: { name: "web", instance: "web-stable", component: "service" },
  image: `registry.example/web@sha256:${"a".repeat(64)}`,
  environment: { ZONE: "z", LOG_LEVEL: "info" },
  scaling: { kind: "fixed", replicas: 3 },
  resources: { cpuMillicores: 50, memoryMebibytes: 64 },
  drain: { preStopSeconds: 9, drainSeconds: 1, shutdownSeconds: 5, terminationGraceSeconds: 20 },
  rolloutTimeoutSeconds: 90,
};

/** Runs a program of one web service; gives what it registered, by its name's last part. */
async function webService(over: Partial<WebServiceArgs> = {}) {
  const { resources, outputs } = await runProgram(
    () => {
      const { host, port } = new WebService("web", { ...args, ...over });
      return { host, port };
    },
    { stack: "test", config: {} },
  );
  const inputs = (role: string) => resources.find(({ name }) => name === `web-${role}`)?.inputs as never;
  return { resources, outputs, inputs };
}

test("pods are hardened, probed and drained, and their environment is in order", async () => {
  const { inputs } = await webService();
  const deployment: { spec: { template: { spec: object } } } = inputs("deployment");
  expect(deployment.spec.template.spec).toMatchObject({
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 20,
    securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
    topologySpreadConstraints: [
      { topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway" },
      { topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
    ],
    containers: [
      {
        env: [
          { name: "DRAIN_SECONDS", value: "1" },
          { name: "LISTEN_ADDRESS", value: ":8080" },
          { name: "LOG_LEVEL", value: "info" },
          { name: "SHUTDOWN_SECONDS", value: "5" },
          { name: "ZONE", value: "z" },
        ],
        lifecycle: { preStop: { sleep: { seconds: 9 } } },
        livenessProbe: { httpGet: { path: "/health", port: "http" } },
        readinessProbe: { httpGet: { path: "/ready", port: "http" } },
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "64Mi" } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
      },
    ],
  });
});

test("a fixed number of pods is set, and no autoscaler made", async () => {
  const { inputs, resources } = await webService();
  expect(inputs("deployment")).toMatchObject({ spec: { replicas: 3 } });
  expect(resources.map(({ name }) => name)).not.toContain("web-autoscaler");
});

test("an autoscaled number is left to the autoscaler", async () => {
  const { inputs } = await webService({
    scaling: { kind: "cpu", minReplicas: 2, maxReplicas: 4, targetCpuPercent: 50 },
  });
  const { spec }: { spec: object } = inputs("deployment");
  expect(spec).not.toHaveProperty("replicas");
  expect(inputs("autoscaler")).toMatchObject({ spec: { scaleTargetRef: { name: "web-stable" } } });
});

test.each([
  ["pods", { clusterIP: "None" }],
  ["service", { type: "ClusterIP" }],
] as const)("its name resolves to its %s", async (resolvesTo, spec) => {
  const { inputs, outputs } = await webService({ resolvesTo });
  expect(inputs("service")).toMatchObject({ spec });
  expect(outputs).toEqual({ host: "web-stable.shop.svc.cluster.local", port: 8080 });
});

test("each child has an escape hatch, which has the last word", async () => {
  const review = <Args extends object>(given: Args): Args => ({ ...given, metadata: { name: "reviewed" } });
  const { inputs } = await webService({
    scaling: { kind: "cpu", minReplicas: 2, maxReplicas: 4, targetCpuPercent: 50 },
    transform: { deployment: review, service: review, autoscaler: review, disruptionBudget: review },
  });
  for (const role of ["deployment", "service", "autoscaler", "disruption-budget"]) {
    expect([role, inputs(role)]).toEqual([role, expect.objectContaining({ metadata: { name: "reviewed" } })]);
  }
  expect(inputs("account")).toMatchObject({ metadata: { name: "web-stable" } });
});

test("what can't work is refused", async () => {
  const wrong = webService({
    scaling: { kind: "cpu", minReplicas: 4, maxReplicas: 4, targetCpuPercent: 50 },
    probes: { hungSeconds: 4 },
  });
  await expect(wrong).rejects.toThrow(
    "web has 2 problems:\n" +
      "  scaling.maxReplicas is 4; must be above minReplicas, which is 4; " +
      'raise it, or use kind "fixed" for a number that stays\n' +
      "  probes.hungSeconds is 4; must be at least 6; a pod must be out of traffic before it is restarted",
  );
});
