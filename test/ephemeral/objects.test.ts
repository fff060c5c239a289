import {
  belongsTo,
  type ClusterObject,
  kubectlType,
  listingFormat,
  parseListing,
  show,
  sweepPlan,
  sweepRank,
} from "./objects";

const id = "261129120030-k3f9";
const place = `twinstack-test-${id}`;

const object = (over: Partial<ClusterObject>): ClusterObject => ({
  cluster: "twinstack-a",
  apiVersion: "v1",
  kind: "ConfigMap",
  namespace: place,
  name: "config",
  runId: id,
  runOwner: "",
  ttlSeconds: "",
  claimNamespace: "",
  owned: false,
  ...over,
});

test("kubectl is asked for no object's content", () => {
  expect(listingFormat).toContain("{.metadata.labels.twinstack\\.dev/run-id}");
  expect(listingFormat).not.toContain(".data");
});

test("a listing is read, fields that an object lacks too", () => {
  const listing =
    `apps/v1\tReplicaSet\t${place}\tweb-1\t${id}\troot.host\t7200\t\tuid-1\n` +
    `v1\tPersistentVolume\t\tpvc-1\t\t\t\t${place}\t\n` +
    "v1\tNode\t\ta\t\t\t\t\t\n";
  expect(parseListing("twinstack-a", listing)).toEqual([
    object({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      name: "web-1",
      runOwner: "root.host",
      ttlSeconds: "7200",
      owned: true,
    }),
    object({ kind: "PersistentVolume", namespace: "", name: "pvc-1", runId: "", claimNamespace: place }),
    object({ kind: "Node", namespace: "", name: "a", runId: "" }),
  ]);
  expect(parseListing("twinstack-a", "")).toEqual([]);
});

test.each<[string, Partial<ClusterObject>, boolean]>([
  ["carries its id", { namespace: "default" }, true],
  ["stands in its namespace", { runId: "" }, true],
  ["is its namespace", { runId: "", namespace: "", name: place, kind: "Namespace" }, true],
  ["is a volume that was claimed there", { runId: "", namespace: "", claimNamespace: place }, true],
  ["is of another stack", { runId: "", namespace: "twinstack-local" }, false],
  ["is of another run", { runId: "261129120030-aaaa", namespace: "twinstack-test-261129120030-aaaa" }, false],
])("what %s: %j", (_, over, belongs) => {
  expect(belongsTo(id, object(over))).toBe(belongs);
});

test("an object is told by cluster, kind and name", () => {
  expect(show(object({}))).toBe(`twinstack-a ConfigMap ${place}/config`);
  expect(show(object({ kind: "Namespace", namespace: "", name: place }))).toBe(
    `twinstack-a Namespace ${place}`,
  );
});

test.each([
  ["apps/v1", "Deployment", "controllers", "deployment.v1.apps"],
  ["v1", "Service", "other objects", "service"],
  ["discovery.k8s.io/v1", "EndpointSlice", "other objects", "endpointslice.v1.discovery.k8s.io"],
  ["cert-manager.io/v1", "Certificate", "custom resources", "certificate.v1.cert-manager.io"],
  [
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    "definitions of custom resources",
    "customresourcedefinition.v1.apiextensions.k8s.io",
  ],
  [
    "admissionregistration.k8s.io/v1",
    "ValidatingWebhookConfiguration",
    "webhooks",
    "validatingwebhookconfiguration.v1.admissionregistration.k8s.io",
  ],
  ["v1", "Namespace", "namespaces", "namespace"],
  ["v1", "PersistentVolume", "volumes", "persistentvolume"],
])("%s %s is one of the %s, to kubectl a %s", (apiVersion, kind, rank, type) => {
  expect(sweepRank({ apiVersion, kind })).toBe(rank);
  expect(kubectlType({ apiVersion, kind })).toBe(type);
});

test("custom resources go before controllers, those before definitions, those before namespaces", () => {
  const objects = [
    object({ kind: "Namespace", namespace: "", name: place }),
    object({ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", namespace: "" }),
    object({ apiVersion: "apps/v1", kind: "Deployment", name: "operator" }),
    object({ kind: "Secret" }),
    object({ apiVersion: "example.com/v1", kind: "Thing" }),
  ];
  expect(sweepPlan(id, objects).map(([rank, of]) => [rank, of.map(({ kind }) => kind)])).toEqual([
    ["custom resources", ["Thing"]],
    ["controllers", ["Deployment"]],
    ["other objects", ["Secret"]],
    ["definitions of custom resources", ["CustomResourceDefinition"]],
    ["namespaces", ["Namespace"]],
  ]);
});

test("a sweep touches nothing but what carries the id, has no owner, and is stored", () => {
  const others = [
    object({ runId: "" }),
    object({ runId: "261129120030-aaaa" }),
    object({ kind: "Pod", owned: true }),
    object({ apiVersion: "metrics.k8s.io/v1beta1", kind: "PodMetrics" }),
    object({ kind: "Event" }),
  ];
  expect(sweepPlan(id, others)).toEqual([]);
});
