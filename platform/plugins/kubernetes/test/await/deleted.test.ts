import { AwaitError } from "../../src/await";
import { NoMatchError } from "../../src/errors";
import { MemoryCluster } from "./memory-cluster";
import { changed, recorded, withCondition } from "./recorded";
import { startWaiting } from "./waiting";

const web = recorded("Deployment", "web");
const leaving = changed(web, {
  "metadata.deletionTimestamp": "2026-11-22T15:00:00Z",
  "metadata.finalizers": ["foregroundDeletion", "example.com/backup"],
});

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

test("an object that is gone already is no wait", async () => {
  const waiting = startWaiting(new MemoryCluster(), web, { operation: "delete" });
  await waiting.after(1);
  expect(waiting.result).toBe("gone");
});

test("an object whose kind is gone is gone with it", async () => {
  const cluster = new MemoryCluster();
  cluster.fail("list", "Deployment", new NoMatchError("apps/v1", "Deployment"));
  const waiting = startWaiting(cluster, web, { operation: "delete" });
  await waiting.after(1);
  expect(waiting.result).toBe("gone");
});

test("an object is waited for until it is gone", async () => {
  const cluster = new MemoryCluster();
  cluster.put(leaving);
  const waiting = startWaiting(cluster, web, { operation: "delete" });
  await waiting.after(60_000);
  expect(waiting.result).toBeUndefined();
  expect(waiting.told).toEqual(["Resource scheduled for deletion"]);
  cluster.remove(leaving);
  await waiting.after(1);
  expect(waiting.result).toBe("gone");
  expect(cluster.openWatches).toBe(0);
});

test("an object that somebody made anew under its name is another one", async () => {
  const cluster = new MemoryCluster();
  cluster.put(changed(web, { "metadata.uid": "another" }));
  const waiting = startWaiting(cluster, web, { operation: "delete" });
  await waiting.after(1);
  expect(waiting.result).toBe("gone");
});

test("one made anew that was told to go as well is waited for", async () => {
  const another = changed(leaving, { "metadata.uid": "another" });
  const cluster = new MemoryCluster();
  cluster.put(another);
  const waiting = startWaiting(cluster, web, { operation: "delete" });
  await waiting.after(1_000);
  expect(waiting.result).toBeUndefined();
  cluster.remove(another);
  await waiting.after(1);
  expect(waiting.result).toBe("gone");
});

test("what keeps an object is told at the time-out", async () => {
  const cluster = new MemoryCluster();
  cluster.put(leaving);
  const waiting = startWaiting(cluster, web, { operation: "delete", timeoutSeconds: 20 });
  await waiting.after(20_300);
  expect(waiting.result).toBeInstanceOf(AwaitError);
  expect(waiting.result).toMatchObject({
    outcome: "timed out",
    reasons: [
      "'web' timed out waiting to be deleted",
      "finalizers might be preventing deletion (foregroundDeletion, example.com/backup)",
    ],
  });
});

test("a Namespace says what still lives in it", async () => {
  const remaining = "Some resources are remaining: widgets.example.com has 1 resource instances";
  const terminating = withCondition(
    changed(recorded("Namespace", "demo"), {
      "metadata.deletionTimestamp": "2026-11-22T15:00:00Z",
      "status.phase": "Terminating",
    }),
    "NamespaceContentRemaining",
    { status: "True", reason: "SomeResourcesRemain", message: remaining },
  );
  const failure = "Failed to delete all resource types, 1 remaining";
  const namespace = withCondition(terminating, "NamespaceDeletionContentFailure", {
    status: "True",
    reason: "ContentDeletionFailed",
    message: failure,
  });
  const cluster = new MemoryCluster();
  cluster.put(namespace);
  const waiting = startWaiting(cluster, namespace, { operation: "delete", timeoutSeconds: 20 });
  await waiting.after(20_300);
  expect(waiting.told).toEqual([`Resource scheduled for deletion; ${remaining}`]);
  expect(waiting.result).toMatchObject({
    reasons: [
      expect.stringMatching(/^'demo-\w+' timed out waiting to be deleted$/),
      remaining,
      failure,
      "finalizers might be preventing deletion (kubernetes)",
    ],
  });
});

test("a deletion that the API server never took up says so", async () => {
  const cluster = new MemoryCluster();
  cluster.put(web);
  const waiting = startWaiting(cluster, web, { operation: "delete", timeoutSeconds: 5 });
  await waiting.after(5_300);
  expect(waiting.result).toMatchObject({
    reasons: ["'web' timed out waiting to be deleted", "the API server has not scheduled it for deletion"],
  });
});

test("cancelling ends the wait at once", async () => {
  const cluster = new MemoryCluster();
  cluster.put(leaving);
  const waiting = startWaiting(cluster, web, { operation: "delete" });
  await waiting.after(1_000);
  waiting.controller.abort();
  await waiting.after(0);
  expect(waiting.result).toMatchObject({ outcome: "cancelled" });
  expect(cluster.openWatches).toBe(0);
});
