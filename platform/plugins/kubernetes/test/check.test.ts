import type { CheckInput } from "../src/check";
import { checkResource } from "../src/check";
import type { Properties } from "../src/values";
import { Secret, UNKNOWN } from "../src/values";

const warnings: string[] = [];
const log = {
  status: () => undefined,
  statusWarning: () => undefined,
  warning: (message: string) => {
    warnings.push(message);
  },
  flushed: () => Promise.resolve(),
};

function check(type: string, news: Properties, more: Partial<CheckInput> = {}): Promise<Properties> {
  return checkResource({
    urn: `urn:pulumi:s::p::kubernetes:${type}::web`,
    olds: {},
    news,
    randomSeed: new Uint8Array([1]),
    autonaming: undefined,
    serverSideApply: true,
    cluster: { reachable: false, reason: "none", defaultNamespace: "" },
    log,
    ...more,
  });
}

const configMap = (metadata?: unknown, fields: Properties = {}): Properties => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  ...(metadata === undefined ? {} : { metadata }),
  ...fields,
});
const autonamed = { annotations: { "pulumi.com/autonamed": "true" } };

beforeEach(() => {
  warnings.length = 0;
});

describe("names", () => {
  test("are generated from the resource's name and the seed", async () => {
    const first = await check("core/v1:ConfigMap", configMap());
    expect(first).toEqual(
      configMap({ ...autonamed, name: expect.stringMatching(/^web-[0-9a-f]{8}$/) as unknown }),
    );
    expect(await check("core/v1:ConfigMap", configMap())).toEqual(first);
    expect(await check("core/v1:ConfigMap", configMap(), { randomSeed: new Uint8Array([2]) })).not.toEqual(
      first,
    );
  });

  test("stay as they were generated", async () => {
    const olds = configMap({ ...autonamed, name: "web-1" });
    expect(await check("core/v1:ConfigMap", configMap(), { olds })).toEqual(olds);
  });

  test("that the program gives, or will give, are left alone", async () => {
    expect(await check("core/v1:ConfigMap", configMap({ name: "a" }))).toEqual(configMap({ name: "a" }));
    expect(await check("core/v1:ConfigMap", configMap({ name: UNKNOWN }))).toEqual(
      configMap({ name: UNKNOWN }),
    );
    expect(await check("core/v1:ConfigMap", configMap(UNKNOWN))).toEqual(configMap(UNKNOWN));
  });

  test("follow the stack's autonaming", async () => {
    const enforced = await check("core/v1:ConfigMap", configMap(), {
      autonaming: { mode: "enforce", proposedName: "proposed" },
    });
    expect(enforced).toEqual(configMap({ ...autonamed, name: "proposed" }));
    await expect(
      check("core/v1:ConfigMap", configMap(), { autonaming: { mode: "disable", proposedName: "" } }),
    ).rejects.toThrow("metadata.name is missing and autonaming is disabled; set metadata.name");
  });

  test("can't be left to the API server", async () => {
    await expect(check("core/v1:ConfigMap", configMap({ generateName: "a-" }))).rejects.toThrow(
      "metadata.generateName can't be used",
    );
  });

  test("that claim to be generated are told about", async () => {
    await check("core/v1:ConfigMap", configMap({ ...autonamed, name: "a" }));
    expect(warnings).toEqual([
      'ignoring user-specified value for internal annotation "pulumi.com/autonamed"',
    ]);
  });
});

describe("namespaces", () => {
  const cluster = { reachable: false as const, reason: "none", defaultNamespace: "n" };

  test("are filled in for kinds that live in one", async () => {
    expect(await check("core/v1:ConfigMap", configMap({ name: "a" }), { cluster })).toEqual(
      configMap({ name: "a", namespace: "n" }),
    );
    const widget = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "a" } };
    expect(await check("example.com/v1:Widget", widget, { cluster })).toMatchObject({
      metadata: { namespace: "n" },
    });
  });

  test("are not filled in for others, nor over given ones", async () => {
    const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "a" } };
    expect(await check("rbac.authorization.k8s.io/v1:ClusterRole", role, { cluster })).toEqual(role);
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } };
    expect(await check("core/v1:Namespace", namespace, { cluster })).toEqual(namespace);
    for (const given of ["m", UNKNOWN].map((other) => configMap({ name: "a", namespace: other }))) {
      expect(await check("core/v1:ConfigMap", given, { cluster })).toEqual(given);
    }
  });
});

test("inputs are written as the API server stores them", async () => {
  const checked = await check("apps/v1:Deployment", {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a", creationTimestamp: "now", uid: "1" },
    spec: {
      paused: false,
      minReadySeconds: 0,
      replicas: 0,
      template: {
        metadata: { labels: { hostNetwork: "" } },
        spec: {
          hostNetwork: false,
          automountServiceAccountToken: false,
          nodeSelector: { tty: "" },
          tolerations: [],
          containers: [
            { name: "c", env: [{ name: "E", value: "" }], resources: { limits: { cpu: "1000m" } } },
          ],
        },
      },
    },
  });
  expect(checked).toEqual({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "a" },
    spec: {
      replicas: 0,
      template: {
        metadata: { labels: { hostNetwork: "" } },
        spec: {
          automountServiceAccountToken: false,
          nodeSelector: { tty: "" },
          containers: [{ name: "c", env: [{ name: "E" }], resources: { limits: { cpu: "1" } } }],
        },
      },
    },
  });
});

test("custom resources are left as they are written", async () => {
  const widget = {
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name: "a" },
    spec: { paused: false, list: [] },
  };
  expect(await check("example.com/v1:Widget", widget)).toEqual(widget);
});

test("secrets stay secret where they are, and in lists as a whole", async () => {
  const checked = await check(
    "core/v1:ConfigMap",
    configMap({ name: "a" }, { data: { a: new Secret("x"), b: "y" } }),
  );
  expect(checked["data"]).toEqual({ a: new Secret("x"), b: "y" });
  const pod = await check("core/v1:Pod", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a" },
    spec: { containers: [{ name: "c", args: [new Secret("x")] }], dnsPolicy: "Default" },
  });
  expect(pod["spec"]).toEqual({ containers: new Secret([{ name: "c", args: ["x"] }]), dnsPolicy: "Default" });
});

test.each([
  [
    "core/v1:ConfigMapList",
    "ConfigMapList can't be created: write each object of the list as a resource of its own",
  ],
  ["helm.sh/v3:Release", "Helm Release is not covered by this stand-in"],
  [
    "apps:Deployment",
    'resource type is "kubernetes:apps:Deployment"; must be kubernetes:<group>/<version>:<kind>',
  ],
])("%s is refused", async (type, text) => {
  await expect(check(type, configMap({ name: "a" }))).rejects.toThrow(text);
});

test("patch resources need a name and server-side apply", async () => {
  await expect(check("core/v1:ConfigMapPatch", configMap())).rejects.toThrow(
    "metadata.name is missing; a patch resource must name the object that it patches",
  );
  await expect(
    check("core/v1:ConfigMapPatch", configMap({ name: "a" }), { serverSideApply: false }),
  ).rejects.toThrow("patch resources need server-side apply");
});

test("without server-side apply a label tells who manages the object", async () => {
  expect(await check("core/v1:ConfigMap", configMap({ name: "a" }), { serverSideApply: false })).toEqual(
    configMap({ name: "a", labels: { "app.kubernetes.io/managed-by": "pulumi" } }),
  );
});
