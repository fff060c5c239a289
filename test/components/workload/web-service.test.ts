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

describe("with a database", () => {
  const database = {
    writer: { host: "database-writer.shop.svc.cluster.local", port: 3306 },
    reader: { host: "database-reader.shop.svc.cluster.local", port: 3307 },
    databaseName: "ledger",
    accounts: { app: "account-app", migrate: "account-migrate" },
    authorityConfigName: "database-authority",
  };
  const mounted = (account: string) => ({
    volumeMounts: [
      { name: "authority", mountPath: "/run/twinstack/trust", readOnly: true },
      { name: `accounts-${account}`, mountPath: "/run/twinstack/accounts", readOnly: true },
    ],
  });
  const environment = (account: string) => [
    { name: "DATABASE_CA_FILE", value: "/run/twinstack/trust/ca.crt" },
    { name: "DATABASE_NAME", value: "ledger" },
    { name: "DATABASE_PASSWORD_FILE", value: `/run/twinstack/accounts/${account}/password` },
    { name: "DATABASE_READER", value: "database-reader.shop.svc.cluster.local:3307" },
    { name: "DATABASE_USERNAME_FILE", value: `/run/twinstack/accounts/${account}/username` },
    { name: "DATABASE_WRITER", value: "database-writer.shop.svc.cluster.local:3306" },
  ];

  async function podSpec() {
    const { inputs } = await webService({ database });
    const deployment: { spec: { template: { spec: { containers: object[]; initContainers: object[] } } } } =
      inputs("deployment");
    return deployment.spec.template.spec;
  }

  test("the service knows both sides of it, and its own account alone", async () => {
    const { containers } = await podSpec();
    expect(containers).toHaveLength(1);
    expect(containers[0]).toMatchObject({
      env: [
        ...environment("app"),
        { name: "DRAIN_SECONDS", value: "1" },
        { name: "LISTEN_ADDRESS", value: ":8080" },
        { name: "LOG_LEVEL", value: "info" },
        { name: "SHUTDOWN_SECONDS", value: "5" },
        { name: "ZONE", value: "z" },
      ],
      ...mounted("app"),
    });
  });

  test("tables are made first, by the same image with another account", async () => {
    const { initContainers } = await podSpec();
    expect(initContainers).toEqual([
      {
        name: "migrate",
        image: args.image,
        args: ["migrate"],
        env: [...environment("migrate"), { name: "LOG_LEVEL", value: "info" }, { name: "ZONE", value: "z" }],
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "64Mi" } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        ...mounted("migrate"),
      },
    ]);
  });

  test("secrets are volumes that only the pod's group reads", async () => {
    const account = (name: string) => ({
      name: `accounts-${name}`,
      projected: {
        defaultMode: 0o440,
        sources: [
          {
            secret: {
              name: `account-${name}`,
              items: [
                { key: "username", path: `${name}/username` },
                { key: "password", path: `${name}/password` },
              ],
            },
          },
        ],
      },
    });
    expect(await podSpec()).toMatchObject({
      securityContext: { runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 },
      volumes: [
        { name: "authority", configMap: { name: "database-authority" } },
        account("app"),
        account("migrate"),
      ],
    });
  });

  test("says which name the certificates have and what sessions set, where that is not a plain connection", async () => {
    const session = { aurora_replica_read_consistency: "session", autocommit: "1" };
    const { inputs } = await webService({ database: { ...database, serverName: "db.example", session } });
    const { spec } = inputs("deployment") as {
      spec: { template: { spec: Record<"containers" | "initContainers", { env: object[] }[]> } };
    };
    for (const [container] of [spec.template.spec.containers, spec.template.spec.initContainers]) {
      expect(container?.env).toEqual(
        expect.arrayContaining([
          { name: "DATABASE_SERVER_NAME", value: "db.example" },
          { name: "DATABASE_SESSION", value: "aurora_replica_read_consistency=session,autocommit=1" },
        ]),
      );
    }
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
