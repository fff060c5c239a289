import { allRecorded, changed, decide, recorded, withCondition } from "./recorded";
import type { KubernetesObject } from "../../src/await";

const revision = "deployment.kubernetes.io/revision";
const replicaSets = allRecorded("ReplicaSet");
const pods = allRecorded("Pod");
const web = recorded("Deployment", "web");
const webSet = recorded("ReplicaSet", "web");

/** The recorded Deployment after its second rollout. */
function secondRevision(changes: Record<string, unknown> = {}): KubernetesObject {
  const copy = changed(web, changes);
  copy.metadata.annotations = { [revision]: "2" };
  return copy;
}

function setOf(number: string, changes: Record<string, unknown> = {}): KubernetesObject {
  const copy = changed(webSet, changes);
  copy.metadata.annotations = { [revision]: number };
  return copy;
}

test("a Deployment as the cluster left it after creation is ready", () => {
  expect(decide(web, { replicaSets, pods })).toEqual({
    ready: true,
    status: "Deployment initialization complete",
    warnings: [],
  });
});

test.each<[string, KubernetesObject, KubernetesObject[], string | undefined]>([
  [
    "its controller has not seen the present spec",
    changed(web, { "metadata.generation": 2 }),
    replicaSets,
    undefined,
  ],
  ["it was never seen by its controller", changed(web, { status: {} }), replicaSets, undefined],
  [
    "its ReplicaSet is not there yet",
    web,
    [],
    "Waiting for app ReplicaSet to be available (0/2 Pods available)",
  ],
  [
    "one pod is missing",
    web,
    [changed(webSet, { "status.readyReplicas": 1 })],
    "Waiting for app ReplicaSet to be available (1/2 Pods available)",
  ],
  [
    "it was scaled up and its ReplicaSet does not know yet",
    changed(web, { "spec.replicas": 3 }),
    replicaSets,
    "Waiting for app ReplicaSet to be available (2/3 Pods available)",
  ],
  [
    "only the ReplicaSet of the revision before is ready",
    secondRevision(),
    [setOf("1")],
    "Waiting for app ReplicaSet to be available (0/2 Pods available)",
  ],
  [
    "a ReplicaSet of somebody else has the right revision",
    web,
    [changed(webSet, { "metadata.ownerReferences": [] })],
    "Waiting for app ReplicaSet to be available (0/2 Pods available)",
  ],
])("a Deployment is not ready while %s", (_, object, sets, status) => {
  const decision = decide(object, { replicaSets: sets, pods });
  expect(decision.ready).toBe(false);
  expect(decision.status).toBe(status);
});

test("a rollout is complete only when the controller says that the new ReplicaSet is available", () => {
  const rolling = withCondition(secondRevision(), "Progressing", {
    status: "True",
    reason: "ReplicaSetUpdated",
    message: "ReplicaSet is progressing.",
  });
  expect(decide(rolling, { replicaSets: [setOf("2")] })).toMatchObject({
    ready: false,
    failures: ["Minimum number of Pods to consider the application live was not attained"],
  });
  expect(decide(secondRevision(), { replicaSets: [setOf("2")] }).ready).toBe(true);
});

test("a rollout whose new pods don't come up says so", () => {
  const sets = [setOf("2", { "status.readyReplicas": undefined })];
  expect(decide(secondRevision(), { replicaSets: sets }).failures).toEqual([
    "Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live",
  ]);
});

test("replicas that an autoscaler raised count, not the declared ones", () => {
  const scaled = changed(web, { "spec.replicas": 5 });
  const sets = [changed(webSet, { "spec.replicas": 5, "status.readyReplicas": 5 })];
  expect(decide(scaled, { replicaSets: sets }).ready).toBe(true);
});

test("a Deployment scaled to nothing is ready, with a warning", () => {
  const none = changed(web, { "spec.replicas": 0 });
  const sets = [changed(webSet, { "spec.replicas": 0, "status.readyReplicas": undefined })];
  expect(decide(none, { replicaSets: sets })).toMatchObject({
    ready: true,
    warnings: ['Replicas scaled to 0 for Deployment "web"'],
  });
});

test("an absent image names condition, pods, container and reason", () => {
  const decision = decide(recorded("Deployment", "bad"), { replicaSets, pods });
  expect(decision.failures).toEqual([
    "[MinimumReplicasUnavailable] Deployment does not have minimum availability.",
    '[ProgressDeadlineExceeded] ReplicaSet "bad-74fdd5dfdc" has timed out progressing.',
    "Minimum number of live Pods was not attained",
  ]);
  expect(decision.warnings).toEqual(decision.failures?.slice(0, 2));
  expect(decision.details).toEqual([
    expect.stringMatching(
      /^\[Pod demo\/bad-74fdd5dfdc-7pf8l\]: containers with unready status: \[web\]\[ImagePullBackOff\] Back-off pulling image "registry\.example\/absent:1"/,
    ),
    expect.stringMatching(
      /^\[Pod demo\/bad-74fdd5dfdc-972ld\]: containers with unready status: \[web\]\[ErrImagePull\] .*not found$/,
    ),
  ]);
});

test("pods that may not be created at all are a trouble of the Deployment", () => {
  const message = 'pods "web-67f4997c49-" is forbidden: exceeded quota';
  const object = withCondition(secondRevision(), "ReplicaFailure", {
    status: "True",
    reason: "FailedCreate",
    message,
  });
  expect(decide(object, { replicaSets: [] }).warnings).toEqual([`[FailedCreate] ${message}`]);
});

test("pods of another ReplicaSet are not blamed", () => {
  const decision = decide(recorded("Deployment", "bad"), { replicaSets: [], pods });
  expect(decision.details).toEqual([]);
});

test("an unbound claim holds the Deployment and is named", () => {
  const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }];
  const stateful = changed(web, { "spec.template.spec.volumes": volumes });
  const claims = [recorded("PersistentVolumeClaim", "data")];
  expect(decide(stateful, { replicaSets, claims })).toMatchObject({
    ready: false,
    warnings: ["PersistentVolumeClaim: [data] is not ready. status.phase currently at: Pending"],
    failures: ['Failed to bind PersistentVolumeClaim(s): "data"'],
  });
  const bound = [changed(recorded("PersistentVolumeClaim", "data"), { "status.phase": "Bound" })];
  expect(decide(stateful, { replicaSets, claims: bound }).ready).toBe(true);
});
