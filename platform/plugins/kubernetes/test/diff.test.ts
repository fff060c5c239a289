import type { DiffInput, ResourceDiff } from "../src/diff";
import { diffResource } from "../src/diff";
import { formatPath } from "../src/field-path";
import { toState } from "../src/state";
import type { Properties } from "../src/values";
import { UNKNOWN } from "../src/values";

const mutable = { configMaps: false, secrets: false };

/** The diff of a resource that was made from `olds`, which the cluster completed to `live`. */
function diff(
  olds: Properties,
  news: Properties,
  options: Partial<DiffInput> & { live?: Properties } = {},
): ResourceDiff {
  const live = options.live ?? olds;
  const state = toState(olds, live, {
    initialApiVersion: "v1",
    fieldManager: "pulumi-kubernetes-1",
    secretsFrom: {},
  });
  const urn = "urn:pulumi:s::p::kubernetes:core/v1:ConfigMap::name";
  return diffResource({ urn, olds: state, news, ignoreChanges: [], mutable, namespaced: true, ...options });
}

function lines(result: ResourceDiff): string[] {
  return result.changes.map(
    ({ kind, path, replace }) => `${kind} ${formatPath(path)}${replace ? " (replace)" : ""}`,
  );
}

function object(
  apiVersion: string,
  kind: string,
  fields: Properties = {},
  metadata: Properties = {},
): Properties {
  return { apiVersion, kind, metadata: { name: "a", namespace: "n", ...metadata }, ...fields };
}

const deployment = (spec: Properties): Properties => object("apps/v1", "Deployment", { spec });
const containers = (...images: string[]): Properties => ({
  template: { spec: { containers: images.map((image, index) => ({ name: `c${index}`, image })) } },
});

describe("what counts as a change", () => {
  test("fields that only the cluster or another manager sets are none", () => {
    const inputs = deployment(containers("x"));
    const live = deployment({
      replicas: 7,
      template: {
        spec: {
          containers: [{ name: "c0", image: "x", imagePullPolicy: "Always" }],
          dnsPolicy: "ClusterFirst",
        },
      },
    });
    expect(lines(diff(inputs, inputs, { live }))).toEqual([]);
  });

  test("a field that the program sets and the cluster changed is one", () => {
    const inputs = deployment({ replicas: 2 });
    expect(lines(diff(inputs, inputs, { live: deployment({ replicas: 5 }) }))).toEqual([
      "update spec.replicas",
    ]);
  });

  test("adding, changing and removing are told apart, in lists by position", () => {
    const olds = deployment({ ...containers("a", "b"), paused: true });
    const news = deployment({ ...containers("a", "c", "d"), replicas: 1 });
    expect(lines(diff(olds, news))).toEqual([
      "delete spec.paused",
      "add spec.replicas",
      "update spec.template.spec.containers[1].image",
      "add spec.template.spec.containers[2]",
    ]);
  });

  test("another spelling of the same amount is none", () => {
    const limits = (cpu: string): Properties => ({
      template: { spec: { containers: [{ name: "c", resources: { limits: { cpu } } }] } },
    });
    expect(
      lines(
        diff(deployment(limits("1000m")), deployment(limits("1000m")), { live: deployment(limits("1")) }),
      ),
    ).toEqual([]);
  });

  test("zero values that the API server does not store are none", () => {
    const pod = {
      template: { spec: { hostNetwork: false, tolerations: [], containers: [{ name: "c", stdin: false }] } },
    };
    const live = deployment({ template: { spec: { containers: [{ name: "c" }] } } });
    expect(lines(diff(deployment(pod), deployment(pod), { live }))).toEqual([]);
  });

  test("an empty object that the API server does not keep is none", () => {
    const olds = deployment({ template: { spec: { affinity: {} } } });
    const live = deployment({ template: { spec: {} } });
    expect(lines(diff(olds, olds, { live }))).toEqual([]);
    expect(lines(diff(live, olds, { live }))).toEqual(["add spec.template.spec.affinity"]);
  });

  test("a zero value that is new is one where it means something", () => {
    const olds = deployment({ replicas: 2 });
    expect(lines(diff(olds, deployment({ replicas: 0 })))).toEqual(["update spec.replicas"]);
    const token = deployment({ template: { spec: { automountServiceAccountToken: false } } });
    expect(lines(diff(deployment({ template: { spec: {} } }), token))).toEqual([
      "add spec.template.spec.automountServiceAccountToken",
    ]);
  });

  test("stringData of a Secret is compared with data", () => {
    const olds = object("v1", "Secret", { stringData: { key: "value" } });
    const live = object("v1", "Secret", { data: { key: Buffer.from("value").toString("base64") } });
    expect(lines(diff(olds, olds, { live }))).toEqual([]);
  });

  test("an unknown value is one", () => {
    expect(lines(diff(deployment({ replicas: 2 }), deployment({ replicas: UNKNOWN })))).toEqual([
      "update spec.replicas",
    ]);
  });

  test("ignored fields are none, with everything below them", () => {
    const annotated = (value: string): Properties =>
      object(
        "apps/v1",
        "Deployment",
        { spec: { replicas: value.length, ...containers(value) } },
        { annotations: { "a.b/c": value } },
      );
    const ignoreChanges = [
      "spec.replicas",
      'metadata.annotations["a.b/c"]',
      "spec.template.spec.containers[*].image",
    ];
    expect(lines(diff(annotated("x"), annotated("yy")))).toHaveLength(3);
    expect(lines(diff(annotated("x"), annotated("yy"), { ignoreChanges }))).toEqual([]);
  });

  test("an ignored path that can't be read is refused with the way to write it", () => {
    expect(() =>
      diff(deployment({ replicas: 1 }), deployment({ replicas: 2 }), { ignoreChanges: ["spec["] }),
    ).toThrow(
      /ignoreChanges names "spec\[", which can't be read from position 4; write a path such as spec\.replicas/,
    );
  });
});

describe("what replaces an object", () => {
  const selector = (app: string): Properties => ({ selector: { matchLabels: { app } } });
  const roleRef = (name: string): Properties => ({
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
  });

  test.each([
    ["Deployment's selector", "apps/v1", "Deployment", { spec: selector("a") }, { spec: selector("b") }],
    [
      "StatefulSet's serviceName",
      "apps/v1",
      "StatefulSet",
      { spec: { serviceName: "a" } },
      { spec: { serviceName: "b" } },
    ],
    ["Job's template", "batch/v1", "Job", { spec: containers("a") }, { spec: containers("b") }],
    [
      "Pod's container command",
      "v1",
      "Pod",
      { spec: { containers: [{ command: ["a"] }] } },
      { spec: { containers: [{ command: ["b"] }] } },
    ],
    ["Service's clusterIP", "v1", "Service", { spec: { clusterIP: "None" } }, { spec: {} }],
    ["RoleBinding's roleRef", "rbac.authorization.k8s.io/v1", "RoleBinding", roleRef("a"), roleRef("b")],
    ["Secret's type", "v1", "Secret", { type: "a" }, { type: "b" }],
    ["Secret's data", "v1", "Secret", { data: { a: "YQ==" } }, { data: { a: "Yg==" } }],
    ["ConfigMap's data", "v1", "ConfigMap", { data: { a: "a" } }, { data: { a: "b" } }],
    [
      "PersistentVolumeClaim's class",
      "v1",
      "PersistentVolumeClaim",
      { spec: { storageClassName: "a" } },
      { spec: { storageClassName: "b" } },
    ],
  ])("%s", (_name, apiVersion, kind, olds, news) => {
    const changes = diff(object(apiVersion, kind, olds), object(apiVersion, kind, news)).changes;
    expect(changes.length).toBeGreaterThan(0);
    expect(changes.every((change) => change.replace)).toBe(true);
  });

  test.each([
    ["Deployment's template", "apps/v1", "Deployment", containers("a"), containers("b")],
    ["StatefulSet's template", "apps/v1", "StatefulSet", containers("a"), containers("b")],
    ["Service's ports", "v1", "Service", { ports: [{ port: 1 }] }, { ports: [{ port: 2 }] }],
    ["custom resource's selector", "example.com/v1", "Deployment", selector("a"), selector("b")],
  ])("but not %s", (_name, apiVersion, kind, olds, news) => {
    const changes = diff(
      object(apiVersion, kind, { spec: olds }),
      object(apiVersion, kind, { spec: news }),
    ).changes;
    expect(changes.map((change) => change.replace)).toEqual([false]);
  });

  test("data that is set mutable changes in place, unless the object says it is immutable", () => {
    const settings = { mutable: { configMaps: true, secrets: true } };
    const map = (data: string, fields: Properties = {}): Properties =>
      object("v1", "ConfigMap", { data: { data }, ...fields });
    expect(lines(diff(map("a"), map("b"), settings))).toEqual(["update data.data"]);
    expect(lines(diff(map("a", { immutable: true }), map("b", { immutable: true }), settings))).toEqual([
      "update data.data (replace)",
    ]);
  });

  test("adding a whole object in which a rule looks deeper", () => {
    expect(
      lines(diff(object("v1", "Pod"), object("v1", "Pod", { spec: { containers: [{ image: "a" }] } }))),
    ).toEqual(["add spec (replace)"]);
  });

  test("another name or namespace, and one that is not known yet", () => {
    const renamed = object("v1", "ConfigMap", {}, { name: "b" });
    const moved = object("v1", "ConfigMap", {}, { namespace: "m" });
    const unknown = object("v1", "ConfigMap", {}, { namespace: UNKNOWN });
    expect(lines(diff(object("v1", "ConfigMap"), renamed))).toEqual(["update metadata.name (replace)"]);
    expect(lines(diff(object("v1", "ConfigMap"), moved))).toEqual(["update metadata.namespace (replace)"]);
    expect(lines(diff(object("v1", "ConfigMap"), unknown))).toEqual(["update metadata.namespace (replace)"]);
  });
});

describe("the old object goes first", () => {
  const autonamed = { annotations: { "pulumi.com/autonamed": "true" } };
  const map = (data: string, metadata: Properties = {}): Properties =>
    object("v1", "ConfigMap", { data: { data } }, metadata);

  test("where the new one must have its chosen name", () => {
    expect(diff(map("a"), map("b")).deleteBeforeReplace).toBe(true);
  });

  test("but not where the name is generated, differs, or nothing is replaced", () => {
    expect(diff(map("a", autonamed), map("b", autonamed)).deleteBeforeReplace).toBe(false);
    expect(diff(map("a"), map("a", { name: "b" })).deleteBeforeReplace).toBe(false);
    expect(diff(map("a"), map("a", { labels: { a: "b" } })).deleteBeforeReplace).toBe(false);
  });
});

test("patch resources are replaced only when they name another object", () => {
  const urn = "urn:pulumi:s::p::kubernetes:core/v1:ConfigMapPatch::name";
  const olds = object("v1", "ConfigMap", { data: { a: "a" } });
  expect(lines(diff(olds, object("v1", "ConfigMap", { data: { a: "b" } }), { urn }))).toEqual([
    "update data.a",
  ]);
});
