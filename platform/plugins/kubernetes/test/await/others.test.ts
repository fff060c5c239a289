import { changed, decide, recorded, withCondition } from "./recorded";
import type { KubernetesObject } from "../../src/await";
import { awaitedKind } from "../../src/await/kinds";

const noPods =
  "Service does not target any Pods. Selected Pods may not be ready, or " +
  "field '.spec.selector' may not match labels on any Pods";

describe("Service", () => {
  const web = recorded("Service", "web");
  const slices = (name: string) => ({ endpoints: [recorded("EndpointSlice", name)] });

  test("whose pods are all ready is ready", () => {
    expect(decide(web, slices("web"))).toEqual({ ready: true, status: "Service initialization complete" });
    expect(decide(web, { endpoints: [recorded("Endpoints", "web")] }).ready).toBe(true);
  });

  test("whose pods are not ready is waited for, however long it is quiet", () => {
    const expected = {
      ready: false,
      status: "[1/3] Finding Pods to direct traffic to",
      failures: [noPods],
    };
    expect(decide(web, slices("bad"), { quietMs: 60_000 })).toMatchObject(expected);
    expect(decide(web, { endpoints: [recorded("Endpoints", "bad")] }, { quietMs: 60_000 })).toMatchObject(
      expected,
    );
  });

  test("with one pod ready and one not says so", () => {
    const [ready] = recorded("EndpointSlice", "web")["endpoints"] as unknown[];
    const [pending] = recorded("EndpointSlice", "bad")["endpoints"] as unknown[];
    const mixed = changed(recorded("EndpointSlice", "web"), { endpoints: [ready, pending] });
    expect(decide(web, { endpoints: [mixed] })).toMatchObject({
      ready: false,
      failures: ["Service targets 1 Pods that are not ready"],
    });
  });

  test("does not wait for a pod that is on its way out", () => {
    const leaving = {
      addresses: ["198.19.0.9"],
      conditions: { ready: false, serving: true, terminating: true },
    };
    const [ready] = recorded("EndpointSlice", "web")["endpoints"] as unknown[];
    const slice = changed(recorded("EndpointSlice", "web"), { endpoints: [ready, leaving] });
    expect(decide(web, { endpoints: [slice] }).ready).toBe(true);
  });

  test("without any pod gives its workload ten seconds to come, then is ready all the same", () => {
    const empty = recorded("Service", "empty");
    expect(decide(empty, slices("empty"), { quietMs: 4_000 })).toMatchObject({
      ready: false,
      recheckMs: 6_000,
      failures: [noPods],
    });
    expect(decide(empty, slices("empty"), { quietMs: 10_000 }).ready).toBe(true);
  });

  test.each([
    ["headless", { "spec.clusterIP": "None" }],
    ["of type ExternalName", { "spec.type": "ExternalName" }],
    ["without selector", { "spec.selector": undefined }],
  ])("%s waits for no pods and follows none", (_, changes) => {
    const object = changed(web, changes);
    expect(decide(object)).toEqual({ ready: true });
    expect(awaitedKind(object)?.related?.(object)).toEqual([]);
  });

  test("of type LoadBalancer waits for its address", () => {
    const balanced = recorded("Service", "balanced");
    expect(decide(balanced, slices("balanced"))).toMatchObject({
      ready: false,
      status: "[2/3] Attempting to allocate IP address to Service",
      failures: ["Service was not allocated an IP address; does your cloud provider support this?"],
    });
    const addressed = changed(balanced, { "status.loadBalancer": { ingress: [{ ip: "198.19.31.1" }] } });
    expect(decide(addressed, slices("balanced")).ready).toBe(true);
  });
});

describe("Ingress", () => {
  const web = recorded("Ingress", "web");
  const addressed = changed(web, { "status.loadBalancer": { ingress: [{ ip: "198.19.31.1" }] } });
  const services = [recorded("Service", "web")];
  const both = [...services, changed(recorded("Service", "web"), { "metadata.name": "gone" })];

  test("with an address and all of its Services is ready", () => {
    expect(decide(addressed, { services: both })).toMatchObject({ ready: true, warnings: [] });
  });

  test("first looks for its Services, then waits for its address", () => {
    expect(decide(web, { services })).toMatchObject({
      ready: false,
      recheckMs: 10_000,
      status: "[1/3] Finding a matching service for each Ingress path",
      failures: [
        "Ingress has at least one rule with an unavailable target endpoint.",
        "Ingress .status.loadBalancer field was not updated with a hostname/IP address.",
      ],
    });
    expect(decide(web, { services: both })).toMatchObject({
      ready: false,
      status: "[2/3] Waiting for update of .status.loadBalancer with hostname/IP",
    });
  });

  test("does not wait for ever for a Service that nobody makes, and names it", () => {
    expect(decide(addressed, { services }, { quietMs: 10_000 })).toMatchObject({
      ready: true,
      warnings: ['No matching service found for ingress rule: "example.com/gone" -> "gone"'],
    });
  });
});

describe("storage", () => {
  const claim = recorded("PersistentVolumeClaim", "data");
  const storageClass = (volumeBindingMode: string) => ({
    storageClasses: [
      {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: "none" },
        volumeBindingMode,
      },
    ],
  });

  test("a pending claim is waited for, unless it waits for its first consumer", () => {
    expect(decide(claim, storageClass("Immediate"))).toMatchObject({
      ready: false,
      failures: [
        "PersistentVolumeClaim is Pending, not Bound: no PersistentVolume serves access modes ReadWriteOnce in storage class none yet",
      ],
    });
    expect(decide(claim, storageClass("WaitForFirstConsumer")).ready).toBe(true);
    expect(
      decide(changed(claim, { "status.phase": "Lost" }), storageClass("WaitForFirstConsumer")).ready,
    ).toBe(false);
  });

  test("a bound claim is ready whatever its class says", () => {
    const bound = changed(claim, { "status.phase": "Bound" });
    expect(decide(bound, storageClass("WaitForFirstConsumer")).ready).toBe(true);
  });

  test.each([
    ["Available", true],
    ["Bound", true],
    ["Pending", false],
    ["Failed", false],
  ])("a volume that is %s is ready: %s", (phase, ready) => {
    const volume = { apiVersion: "v1", kind: "PersistentVolume", metadata: { name: "v" }, status: { phase } };
    expect(decide(volume).ready).toBe(ready);
  });
});

describe("single objects", () => {
  const crd = recorded("CustomResourceDefinition", "widgets");
  const token = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "t" },
    type: "kubernetes.io/service-account-token",
  };
  const controller = {
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: { name: "rc" },
    spec: { replicas: 2 },
  };

  test.each<[string, KubernetesObject, boolean]>([
    ["a CRD as it was right after creation", crd, false],
    ["an established CRD", withCondition(crd, "Established", { status: "True" }), true],
    ["a CRD not established", withCondition(crd, "Established", { status: "False" }), false],
    ["an active Namespace", recorded("Namespace", "demo"), true],
    [
      "a Namespace on its way out",
      changed(recorded("Namespace", "demo"), { "status.phase": "Terminating" }),
      false,
    ],
    ["a quota taken over", recorded("ResourceQuota", "limits"), true],
    ["a quota not taken over", changed(recorded("ResourceQuota", "limits"), { status: {} }), false],
    ["an ordinary Secret", { ...token, type: "Opaque" }, true],
    ["an empty token Secret", token, false],
    ["a filled token Secret", { ...token, data: { token: "dG9rZW4=" } }, true],
    ["an available ReplicationController", { ...controller, status: { availableReplicas: 2 } }, true],
    ["a ReplicationController short of a pod", { ...controller, status: { availableReplicas: 1 } }, false],
    ["a ReplicationController scaled to nothing", { ...controller, spec: { replicas: 0 }, status: {} }, true],
  ])("%s", (_, object, ready) => {
    expect(decide(object).ready).toBe(ready);
  });

  test("a CRD whose names are taken says by whom", () => {
    const reason = { status: "False", reason: "ListKindConflict", message: '"WidgetList" is already in use' };
    const refused = withCondition(withCondition(crd, "NamesAccepted", reason), "Established", {
      status: "False",
    });
    expect(decide(refused).failures).toContain('[ListKindConflict] "WidgetList" is already in use');
  });

  test.each([
    ["v1", "ConfigMap"],
    ["v1", "ServiceAccount"],
    ["rbac.authorization.k8s.io/v1", "Role"],
    ["autoscaling/v2", "HorizontalPodAutoscaler"],
    ["policy/v1", "PodDisruptionBudget"],
    ["serving.example.com/v1", "Service"],
    ["example.com/v1", "Deployment"],
  ])("%s %s is ready as soon as it exists", (apiVersion, kind) => {
    expect(awaitedKind({ apiVersion, kind, metadata: { name: "x" } })).toBeUndefined();
  });
});
