import { AwaitError } from "../../src/await";
import type { KubernetesObject } from "../../src/await";
import { ApiError, NoMatchError } from "../../src/errors";
import { expired, forbidden, MemoryCluster } from "./memory-cluster";
import { allRecorded, changed, recorded, withCondition } from "./recorded";
import { startWaiting } from "./waiting";
import type { Waiting } from "./waiting";

const web = recorded("Deployment", "web");
const webSet = recorded("ReplicaSet", "web");
const created = changed(web, { status: {} });
const young = withCondition(
  changed(web, { "status.availableReplicas": undefined, "status.readyReplicas": undefined }),
  "Available",
  {
    status: "False",
    reason: "MinimumReplicasUnavailable",
    message: "Deployment does not have minimum availability.",
  },
);
const unavailable = "warning: [MinimumReplicasUnavailable] Deployment does not have minimum availability.";

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

function reasonsOf(waiting: Waiting): readonly string[] {
  if (!(waiting.result instanceof AwaitError)) throw new Error("the wait has not failed");
  return waiting.result.reasons;
}

function clusterWith(...objects: KubernetesObject[]): MemoryCluster {
  const cluster = new MemoryCluster();
  cluster.put(...objects);
  return cluster;
}

test("a kind without a notion of being ready costs no call", async () => {
  const cluster = new MemoryCluster();
  const settings = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "demo" } };
  const waiting = startWaiting(cluster, settings);
  await waiting.after(0);
  expect(waiting.result).toBe(settings);
  expect(cluster.calls).toEqual([]);
});

test("a Deployment is followed pod by pod and answered as it is in the end", async () => {
  const cluster = clusterWith(created);
  const waiting = startWaiting(cluster, created);
  await waiting.after(10);
  cluster.put(changed(webSet, { "status.readyReplicas": undefined }), young);
  await waiting.after(10);
  cluster.put(changed(webSet, { "status.readyReplicas": 1 }));
  await waiting.after(10);
  cluster.put(webSet);
  await waiting.after(10);
  expect(waiting.result).toBeUndefined();
  cluster.put(web);
  await waiting.after(10);
  expect(waiting.told).toEqual([
    unavailable,
    "Waiting for app ReplicaSet to be available (0/2 Pods available)",
    "Waiting for app ReplicaSet to be available (1/2 Pods available)",
    "Deployment initialization complete",
  ]);
  expect(waiting.result).toMatchObject({ kind: "Deployment", status: web["status"] });
  expect(cluster.openWatches).toBe(0);
});

test("a bad image fails at the time-out, naming condition, pods and reasons", async () => {
  const bad = withCondition(recorded("Deployment", "bad"), "Progressing", {
    status: "True",
    reason: "ReplicaSetUpdated",
  });
  const cluster = clusterWith(bad, ...allRecorded("ReplicaSet"), ...allRecorded("Pod"));
  const waiting = startWaiting(cluster, bad, { timeoutSeconds: 30 });
  await waiting.after(9_000);
  expect(waiting.told.filter((text) => text.includes("[Pod"))).toEqual([]);
  await waiting.after(2_000);
  expect(waiting.told.filter((text) => text.includes("[Pod"))).toHaveLength(2);
  await waiting.after(18_900);
  expect(waiting.result).toBeUndefined();
  await waiting.after(400);
  expect(reasonsOf(waiting)).toEqual([
    "'bad' timed out waiting to be Ready",
    "[MinimumReplicasUnavailable] Deployment does not have minimum availability.",
    "Minimum number of live Pods was not attained",
    expect.stringMatching(/^\[Pod demo\/bad-\S+-7pf8l\]: .*\[web\]\[ImagePullBackOff\] /),
    expect.stringMatching(/^\[Pod demo\/bad-\S+-972ld\]: .*\[web\]\[ErrImagePull\] /),
  ]);
  expect(waiting.result).toMatchObject({ object: { kind: "Deployment" }, outcome: "timed out" });
  expect(new Set(waiting.told).size).toBe(waiting.told.length);
});

test("without a time-out of its own a wait takes the kind's", async () => {
  const waiting = startWaiting(clusterWith(created), created);
  await waiting.after(599_000);
  expect(waiting.result).toBeUndefined();
  await waiting.after(1_300);
  expect(reasonsOf(waiting)[0]).toBe("'web' timed out waiting to be Ready");
});

test("cancelling ends the wait and every call at once", async () => {
  const cluster = clusterWith(young, webSet);
  const waiting = startWaiting(cluster, created);
  await waiting.after(10);
  expect(cluster.openWatches).toBeGreaterThan(0);
  waiting.controller.abort();
  await waiting.after(0);
  expect(reasonsOf(waiting)[0]).toBe('Resource operation was cancelled for "web"');
  expect(waiting.result).toMatchObject({ outcome: "cancelled" });
  expect(cluster.openWatches).toBe(0);
});

test("a wait that is cancelled before it begins makes no second call", async () => {
  const cluster = clusterWith(created);
  const controller = new AbortController();
  controller.abort();
  const waiting = startWaiting(cluster, created);
  waiting.controller.abort();
  await waiting.after(0);
  expect(waiting.result).toMatchObject({ outcome: "cancelled" });
  expect(cluster.calls.filter((call) => call.startsWith("watch"))).toEqual([]);
});

describe("a wait goes on", () => {
  test.each([
    ["at once when the server closes its watches", undefined, 10],
    ["at once when the version of its watches has expired", expired, 10],
    ["soon when its watches break", new Error("socket hang up"), 150],
  ])("%s", async (_, error, delay) => {
    const cluster = clusterWith(young, webSet);
    const waiting = startWaiting(cluster, created);
    await waiting.after(2_000);
    cluster.silently((deaf) => {
      deaf.put(web);
    });
    await waiting.after(2_000);
    expect(waiting.result).toBeUndefined();
    cluster.endWatches(error);
    await waiting.after(delay);
    expect(waiting.result).toMatchObject({ kind: "Deployment", status: web["status"] });
  });

  test("when a connection dies without a word", async () => {
    const cluster = clusterWith(young, webSet);
    const waiting = startWaiting(cluster, created);
    await waiting.after(2_000);
    cluster.silently((deaf) => {
      deaf.put(web);
    });
    await waiting.after(60_000);
    expect(waiting.result).toMatchObject({ status: web["status"] });
  });

  test("by asking again and again where watching is not allowed", async () => {
    const cluster = clusterWith(young, webSet);
    cluster.fail("watch", "Deployment", forbidden);
    const waiting = startWaiting(cluster, created);
    await waiting.after(5_000);
    cluster.put(web);
    await waiting.after(1_000);
    expect(waiting.result).toMatchObject({ status: web["status"] });
    const lists = cluster.calls.filter((call) => call === "list Deployment").length;
    expect(lists).toBeGreaterThan(4);
    expect(lists).toBeLessThan(10);
  });

  test("by reading the one object where listing is not allowed", async () => {
    const cluster = clusterWith(young, webSet);
    cluster.fail("list", "Deployment", forbidden);
    const waiting = startWaiting(cluster, created);
    await waiting.after(5_000);
    cluster.put(web);
    await waiting.after(1_100);
    expect(waiting.result).toMatchObject({ status: web["status"] });
  });

  test("without the pods where they may not be seen", async () => {
    const cluster = clusterWith(young, webSet);
    cluster.fail("list", "Pod", forbidden);
    cluster.fail("list", "Event", forbidden);
    const waiting = startWaiting(cluster, created);
    await waiting.after(10);
    cluster.put(web);
    await waiting.after(10);
    expect(waiting.result).toMatchObject({ status: web["status"] });
    expect(cluster.calls.filter((call) => call === "list Pod")).toHaveLength(1);
    expect(cluster.calls.filter((call) => call === "list Event")).toHaveLength(1);
  });

  test.each([
    ["does not answer", new Error("connect ECONNREFUSED 198.18.0.10:6443")],
    ["does not know yet who may do what", forbidden],
    ["is not ready", new ApiError(503, "ServiceUnavailable", "the server is starting")],
  ])("while the API server restarts and %s, saying so", async (_, refused) => {
    const cluster = clusterWith(young, webSet);
    const waiting = startWaiting(cluster, created);
    await waiting.after(2_000);
    cluster.fail("list", "Deployment", refused);
    cluster.endWatches(refused);
    const before = waiting.told.length;
    await waiting.after(20_000);
    expect(waiting.told.slice(before)).toEqual([`Waiting for the API server: ${refused.message}`]);
    cluster.fail("list", "Deployment", undefined);
    await waiting.after(70_000);
    expect(waiting.result).toBeUndefined();
    cluster.put(web);
    await waiting.after(10);
    expect(waiting.result).toMatchObject({ status: web["status"] });
  });
});

describe("a wait gives up", () => {
  test("when the API server stays away, keeping the object", async () => {
    const cluster = clusterWith(young, webSet);
    const waiting = startWaiting(cluster, created);
    await waiting.after(2_000);
    cluster.fail("list", "Deployment", new Error("connect ECONNREFUSED 198.18.0.10:6443"));
    cluster.endWatches(new Error("socket hang up"));
    await waiting.after(59_000);
    expect(waiting.result).toBeUndefined();
    await waiting.after(3_000);
    expect(reasonsOf(waiting).slice(0, 2)).toEqual([
      "Resource 'web' was created but failed to initialize",
      expect.stringMatching(/^the cluster could not be read for 6\d s: connect ECONNREFUSED/),
    ]);
    expect(waiting.result).toMatchObject({ object: { metadata: { uid: web.metadata.uid } } });
  });

  test("when the object may not even be read", async () => {
    const cluster = clusterWith(young, webSet);
    cluster.fail("list", "Deployment", forbidden);
    cluster.fail("get", "Deployment", forbidden);
    const waiting = startWaiting(cluster, created);
    await waiting.after(1_000);
    expect(reasonsOf(waiting)[1]).toBe(`its state can't be read: ${forbidden.message}`);
  });

  test("when somebody deletes the object, or makes it anew", async () => {
    const cluster = clusterWith(young, webSet);
    const waiting = startWaiting(cluster, created);
    await waiting.after(10);
    cluster.remove(young);
    cluster.put(changed(web, { "metadata.uid": "another" }));
    await waiting.after(1_000);
    expect(reasonsOf(waiting).slice(0, 2)).toEqual([
      "Resource 'web' was created but failed to initialize",
      "Deployment was deleted by somebody else meanwhile",
    ]);
  });
});

describe("a Job", () => {
  const running = changed(recorded("Job", "fails"), {
    "status.conditions": [],
    "status.active": 1,
    "status.failed": 0,
  });

  test("that fails is told at once, with what its pod said although the pod is gone", async () => {
    const pod = recorded("Pod", "fails");
    const starting = withCondition(pod, "Ready", {
      status: "False",
      reason: "ContainersNotReady",
      message: "containers with unready status: [migrate]",
    });
    const cluster = clusterWith(running, starting);
    const waiting = startWaiting(cluster, running);
    await waiting.after(10);
    cluster.put(pod);
    await waiting.after(10);
    cluster.remove(pod);
    await waiting.after(1_000);
    cluster.put(recorded("Job", "fails"));
    await waiting.after(1_000);
    expect(reasonsOf(waiting)).toEqual([
      "Resource 'fails' was created but failed to initialize",
      "[BackoffLimitExceeded] Job has reached the specified backoff limit",
      '[Pod demo/fails-gl2pw]: container "migrate" completed with exit code 2',
    ]);
    expect(waiting.result).toMatchObject({ outcome: "failed" });
  });

  test("whose pod's end is heard of only after its own still tells it", async () => {
    const cluster = clusterWith(running);
    const waiting = startWaiting(cluster, running);
    await waiting.after(10);
    cluster.put(recorded("Job", "fails"));
    await waiting.after(50);
    cluster.put(recorded("Pod", "fails"));
    await waiting.after(300);
    expect(reasonsOf(waiting)).toContain(
      '[Pod demo/fails-gl2pw]: container "migrate" completed with exit code 2',
    );
  });

  test("that is complete and cleaned up in the same moment is ready", async () => {
    const done = recorded("Job", "migrate");
    const begun = changed(done, { "status.conditions": [] });
    const cluster = clusterWith(begun);
    const waiting = startWaiting(cluster, begun);
    await waiting.after(10);
    cluster.put(done);
    cluster.remove(done);
    await waiting.after(10);
    expect(waiting.result).toMatchObject({ kind: "Job", status: done["status"] });
  });
});

describe("a Service", () => {
  const service = recorded("Service", "web");
  const slice = recorded("EndpointSlice", "web");

  test("is ready the moment its pods are", async () => {
    const pending = changed(recorded("EndpointSlice", "bad"), {
      metadata: { ...slice.metadata, resourceVersion: "1" },
    });
    const cluster = clusterWith(service, pending);
    const waiting = startWaiting(cluster, service);
    await waiting.after(60_000);
    expect(waiting.told).toEqual(["[1/3] Finding Pods to direct traffic to"]);
    cluster.put(slice);
    await waiting.after(1);
    expect(waiting.result).toMatchObject({ kind: "Service" });
  });

  test("without pods is ready after ten quiet seconds", async () => {
    const empty = recorded("Service", "empty");
    const cluster = clusterWith(empty);
    const waiting = startWaiting(cluster, empty);
    await waiting.after(5_000);
    cluster.put(recorded("EndpointSlice", "empty"));
    await waiting.after(9_000);
    expect(waiting.result).toBeUndefined();
    await waiting.after(1_001);
    expect(waiting.result).toMatchObject({ kind: "Service" });
  });

  test.each([
    ["may not be seen", forbidden],
    ["are unknown to the cluster", new NoMatchError("discovery.k8s.io/v1", "EndpointSlice")],
  ])("uses Endpoints where slices %s", async (_, error) => {
    const cluster = clusterWith(service, recorded("Endpoints", "web"));
    cluster.fail("list", "EndpointSlice", error);
    const waiting = startWaiting(cluster, service);
    await waiting.after(10);
    expect(waiting.result).toMatchObject({ kind: "Service" });
  });
});

describe("a refresh", () => {
  test("looks once and tells why an object is not ready", async () => {
    const cluster = clusterWith(...allRecorded("ReplicaSet"), ...allRecorded("Pod"));
    const waiting = startWaiting(cluster, recorded("Deployment", "bad"), { operation: "read" });
    await waiting.after(0);
    expect(reasonsOf(waiting)).toEqual([
      "Resource 'bad' was created but failed to initialize",
      "[MinimumReplicasUnavailable] Deployment does not have minimum availability.",
      expect.stringContaining("[ProgressDeadlineExceeded]"),
      "Minimum number of live Pods was not attained",
      expect.stringContaining("[ImagePullBackOff]"),
      expect.stringContaining("[ErrImagePull]"),
    ]);
    expect(cluster.calls).toEqual(["list ReplicaSet", "list Pod"]);
  });

  test("of what is ready, or has no refresh rule, is content", async () => {
    const cluster = clusterWith(webSet);
    const ready = startWaiting(cluster, web, { operation: "read" });
    const claim = startWaiting(cluster, recorded("PersistentVolumeClaim", "data"), { operation: "read" });
    await ready.after(0);
    expect(ready.result).toBe(web);
    expect(ready.told).toEqual(["Deployment initialization complete"]);
    expect(claim.result).toMatchObject({ kind: "PersistentVolumeClaim" });
  });
});

describe("events about the object", () => {
  const event = (message: string, uid = web.metadata.uid): KubernetesObject => ({
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `web ${message}`, namespace: "demo" },
    involvedObject: { uid },
    type: "Warning",
    reason: "FailedCreate",
    message,
  });

  test("of one kind are told once, however many names they use, and again as reasons", async () => {
    const cluster = clusterWith(young, webSet);
    const waiting = startWaiting(cluster, created, { timeoutSeconds: 20 });
    await waiting.after(10);
    cluster.put(
      event('pods "web-1a2b3" is forbidden'),
      event('(combined from similar events): pods "web-x9y8z" is forbidden'),
    );
    await waiting.after(20_300);
    expect(waiting.told.filter((text) => text.includes("FailedCreate"))).toEqual([
      'warning: FailedCreate: pods "web-1a2b3" is forbidden',
    ]);
    expect(reasonsOf(waiting)).toEqual([
      "'web' timed out waiting to be Ready",
      "[MinimumReplicasUnavailable] Deployment does not have minimum availability.",
      "Minimum number of live Pods was not attained",
      'FailedCreate: pods "web-1a2b3" is forbidden',
    ]);
  });

  test("are told once, those of others never", async () => {
    const cluster = clusterWith(young, webSet, event("quota exceeded"), event("not mine", "other"));
    const waiting = startWaiting(cluster, created);
    await waiting.after(12_000);
    expect(waiting.told.filter((text) => text.includes("FailedCreate"))).toEqual([
      "warning: FailedCreate: quota exceeded",
    ]);
    waiting.controller.abort();
    await waiting.after(0);
  });

  test("that come in the last moment are among the reasons", async () => {
    const cluster = clusterWith(young, webSet);
    const waiting = startWaiting(cluster, created, { timeoutSeconds: 4 });
    await waiting.after(3_000);
    cluster.put(event("quota exceeded"));
    await waiting.after(1_300);
    expect(reasonsOf(waiting)).toContain("FailedCreate: quota exceeded");
  });

  test("from before an update are old news, until they happen again", async () => {
    const cluster = clusterWith(young, webSet, event("of yesterday"), event("now and then"));
    const waiting = startWaiting(cluster, created, { operation: "update" });
    await waiting.after(1_000);
    cluster.put(event("of this moment"), event("now and then"));
    await waiting.after(6_000);
    expect(waiting.told.filter((text) => text.includes("FailedCreate"))).toEqual([
      "warning: FailedCreate: now and then",
      "warning: FailedCreate: of this moment",
    ]);
    waiting.controller.abort();
    await waiting.after(0);
  });
});
