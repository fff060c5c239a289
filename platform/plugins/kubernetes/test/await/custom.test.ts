import { AwaitError } from "../../src/await";
import { MemoryCluster } from "./memory-cluster";
import { changed, withCondition } from "./recorded";
import { startWaiting } from "./waiting";
import type { KubernetesObject } from "../../src/await";

const widget: KubernetesObject = {
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name: "w", namespace: "demo", uid: "w-uid", generation: 2 },
  status: { observedGeneration: 2 },
};

function waitingFor(annotation: string, object: KubernetesObject = widget): KubernetesObject {
  return changed(object, { "metadata.annotations": { "pulumi.com/waitFor": annotation } });
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

test.each<[string, Record<string, unknown>, string, string]>([
  [
    "jsonpath={.status.phase}",
    { "status.phase": "any" },
    "{.status.phase} selected nothing",
    "Found {.status.phase}",
  ],
  [
    "jsonpath={ .status.phase }=Ready",
    { "status.phase": "Ready" },
    "{ .status.phase } selected nothing",
    "Found { .status.phase }=Ready",
  ],
  [
    "jsonpath={.status.nodes}=3",
    { "status.nodes": 3 },
    "{.status.nodes} selected nothing",
    "Found {.status.nodes}=3",
  ],
  [
    'jsonpath={.status.conditions[?(@.type=="Synced")].status}=True',
    { "status.conditions": [{ type: "Synced", status: "True" }] },
    '{.status.conditions[?(@.type=="Synced")].status} selected nothing',
    'Found {.status.conditions[?(@.type=="Synced")].status}=True',
  ],
  [
    "condition=synced",
    { "status.conditions": [{ type: "Synced", status: "true" }] },
    "Waiting for condition synced=True",
    "Found condition synced=True",
  ],
  [
    "condition=Paused=False",
    { "status.conditions": [{ type: "Paused", status: "False" }] },
    "Waiting for condition Paused=False",
    "Found condition Paused=False",
  ],
  [
    '["jsonpath={.status.url}", "condition=Ready"]',
    { "status.url": "x", "status.conditions": [{ type: "Ready", status: "True" }] },
    "{.status.url} selected nothing",
    "Found {.status.url}",
  ],
])("%s waits until it is so", async (annotation, changes, before, after) => {
  const object = waitingFor(annotation);
  const cluster = new MemoryCluster();
  cluster.put(object);
  const waiting = startWaiting(cluster, object);
  await waiting.after(1_000);
  expect(waiting.result).toBeUndefined();
  cluster.put(changed(object, changes));
  await waiting.after(1);
  expect(waiting.told).toEqual([before, after]);
  expect(waiting.result).toMatchObject({ kind: "Widget" });
});

test.each([
  [
    "jsonpath={.status.phase}=Ready",
    { "status.phase": "Pending" },
    'Waiting for {.status.phase}=Ready (found "Pending")',
  ],
  [
    "condition=Ready",
    { "status.conditions": [{ type: "Ready", status: "False" }] },
    "Resource has condition Ready=False (want True)",
  ],
  [
    "condition=Ready",
    { "status.conditions": [{ type: "Ready", status: "True", observedGeneration: 1 }] },
    "Condition Ready is not about the present generation yet",
  ],
  [
    "jsonpath={.status.phase}",
    { "status.phase": "Ready", "status.observedGeneration": 1 },
    "Waiting for {.status.phase}",
  ],
])("%s with %j is not so yet", async (annotation, changes, reason) => {
  const object = changed(waitingFor(annotation), changes);
  const cluster = new MemoryCluster();
  cluster.put(object);
  const waiting = startWaiting(cluster, object, { timeoutSeconds: 3 });
  await waiting.after(3_300);
  expect(waiting.result).toMatchObject({ reasons: ["'w' timed out waiting to be Ready", reason] });
});

test("a value that can never match fails at once", async () => {
  const object = changed(waitingFor("jsonpath={.status.parts}=2"), { "status.parts": [1, 2] });
  const cluster = new MemoryCluster();
  cluster.put(object);
  const waiting = startWaiting(cluster, object);
  await waiting.after(1_000);
  expect(waiting.result).toMatchObject({
    outcome: "failed",
    reasons: [expect.any(String), '"{.status.parts}" has a non-primitive value ([1,2])'],
  });
});

test.each([
  ["ready", 'expected a "jsonpath=" or "condition=" prefix, got "ready"'],
  ["jsonpath=.status.phase", ".status.phase should be wrapped in brackets { ... }"],
  ["jsonpath={.status.phase}=", "{.status.phase}= requires a value"],
  ["jsonpath={.status[}", expect.any(String)],
  ["condition=", 'condition= requires a type, and a value after "="'],
  ["[]", "names no condition"],
  ['["jsonpath={.a}", 1]', "the list holds something else than texts"],
  ['["jsonpath={.a}"', expect.any(String)],
])("the annotation %s is refused with what is allowed", async (annotation, problem) => {
  const waiting = startWaiting(new MemoryCluster(), waitingFor(annotation));
  await waiting.after(0);
  const [reason] = waiting.result instanceof AwaitError ? waiting.result.reasons : [];
  const path = `metadata.annotations["pulumi.com/waitFor"] is ${JSON.stringify(annotation)}: `;
  expect(reason?.startsWith(path)).toBe(true);
  expect(reason).toMatch(/; must be "jsonpath=\{\.path\}", .* or a JSON list of them$/);
  expect(reason?.slice(path.length).split("; must be ")[0]).toEqual(problem);
});

test("the annotation takes the place of a kind's own rule", async () => {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", uid: "p", namespace: "demo" },
    status: { phase: "Pending" },
  };
  const waiting = startWaiting(new MemoryCluster(), waitingFor("jsonpath={.status.phase}=Pending", pod));
  await waiting.after(0);
  expect(waiting.result).toMatchObject({ kind: "Pod" });
});

describe("with PULUMI_K8S_AWAIT_ALL a custom resource", () => {
  beforeEach(() => {
    process.env["PULUMI_K8S_AWAIT_ALL"] = "true";
  });
  afterEach(() => {
    delete process.env["PULUMI_K8S_AWAIT_ALL"];
  });

  test.each<[string, KubernetesObject, string]>([
    [
      "that is not observed",
      changed(widget, { "status.observedGeneration": 1 }),
      "Widget generation is 2, but latest observed generation is 1",
    ],
    [
      "that is reconciling",
      withCondition(widget, "Reconciling", { status: "True", message: "building" }),
      "building",
    ],
    ["that is stalled", withCondition(widget, "Stalled", { status: "True", message: "no disk" }), "no disk"],
    ["that is not ready", withCondition(widget, "Ready", { status: "False" }), "Waiting for readiness"],
  ])("%s is waited for", async (_, object, reason) => {
    const cluster = new MemoryCluster();
    cluster.put(object);
    const waiting = startWaiting(cluster, object);
    await waiting.after(1_000);
    expect(waiting.told).toEqual([reason]);
    cluster.put(withCondition(widget, "Ready", { status: "True" }));
    await waiting.after(1);
    expect(waiting.result).toMatchObject({ kind: "Widget" });
  });

  test("without any of the usual conditions is ready", async () => {
    const cluster = new MemoryCluster();
    const waiting = startWaiting(cluster, widget);
    await waiting.after(0);
    expect(waiting.result).toBe(widget);
    expect(cluster.calls).toEqual([]);
  });
});
