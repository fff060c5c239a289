import { allRecorded, changed, decide, recorded, withCondition } from "./recorded";

const pods = allRecorded("Pod");

describe("StatefulSet", () => {
  const db = recorded("StatefulSet", "db");
  const update = { "metadata.generation": 2, "status.observedGeneration": 2 };

  test("as the cluster left it after creation is ready", () => {
    expect(decide(db, { pods })).toEqual({ ready: true, status: "StatefulSet initialization complete" });
  });

  test.each([
    [
      "before its controller has seen it",
      { "status.observedGeneration": 0 },
      "[1/2] Waiting for StatefulSet to create Pods (0/1 Pods ready)",
      [
        "0 out of 1 replicas succeeded readiness checks",
        expect.stringContaining("StatefulSet controller failed to advance from revision"),
      ],
    ],
    [
      "while a pod is not ready",
      { "status.readyReplicas": 0 },
      "[1/2] Waiting for StatefulSet to create Pods (0/1 Pods ready)",
      ["0 out of 1 replicas succeeded readiness checks"],
    ],
    [
      "while an update rolls out",
      {
        ...update,
        "status.updateRevision": "db-new",
        "status.updatedReplicas": 0,
        "status.currentReplicas": 0,
      },
      "[1/3] Waiting for StatefulSet update to roll out (0/1 Pods ready)",
      [
        "0 out of 1 replicas succeeded readiness checks",
        expect.stringMatching(/failed to advance from revision "db-\w+" to revision "db-new"/),
      ],
    ],
    [
      "until the new revision is the current one",
      { ...update, "status.updateRevision": "db-new", "status.updatedReplicas": 1 },
      "[2/3] Waiting for StatefulSet to update .status.currentRevision",
      [expect.stringContaining("StatefulSet controller failed to advance from revision")],
    ],
  ])("is not ready %s", (_, changes, status, failures) => {
    expect(decide(changed(db, changes))).toMatchObject({ ready: false, status, failures });
  });

  test("with a partition needs only the pods above it updated", () => {
    const half = {
      ...update,
      "spec.replicas": 4,
      "spec.updateStrategy.rollingUpdate": { partition: 3 },
      "status.replicas": 4,
      "status.readyReplicas": 4,
      "status.currentReplicas": 3,
      "status.updateRevision": "db-new",
    };
    expect(decide(changed(db, { ...half, "status.updatedReplicas": 1 })).ready).toBe(true);
    expect(decide(changed(db, { ...half, "status.updatedReplicas": 0 })).ready).toBe(false);
  });

  test("with OnDelete leaves it to others when a changed pod is replaced", () => {
    const changes = {
      ...update,
      "spec.updateStrategy": { type: "OnDelete" },
      "status.updateRevision": "db-new",
    };
    expect(decide(changed(db, { ...changes, "status.currentReplicas": 0 })).ready).toBe(true);
    expect(decide(changed(db, { ...changes, "status.readyReplicas": 0 })).ready).toBe(false);
  });

  test("names its own pods that have trouble", () => {
    const [pod] = pods.filter((candidate) => candidate.metadata.name === "config-error");
    const own = changed(pod ?? db, { "metadata.ownerReferences": [{ uid: db.metadata.uid }] });
    const decision = decide(changed(db, { "status.readyReplicas": 0 }), { pods: [...pods, own] });
    expect(decision.details).toEqual([
      '[Pod demo/config-error]: containers with unready status: [web][CreateContainerConfigError] secret "missing" not found',
    ]);
  });
});

describe("DaemonSet", () => {
  const agent = recorded("DaemonSet", "agent");

  test("as the cluster left it after creation is ready", () => {
    expect(decide(agent, { pods })).toEqual({
      ready: true,
      status: "All replicas scheduled as expected. Replicas: 1",
    });
  });

  test.each([
    [{ status: {} }, "DaemonSet status.observedGeneration not found"],
    [{ "metadata.generation": 7 }, "DaemonSet generation is 7, but latest observed generation is 1"],
    [{ "status.desiredNumberScheduled": undefined }, "Missing .status.desiredNumberScheduled"],
    [{ "status.currentNumberScheduled": 0 }, "Current: 0/1"],
    [{ "status.updatedNumberScheduled": undefined }, "Updated: 0/1"],
    [{ "status.numberAvailable": 0 }, "Available: 0/1"],
    [{ "status.numberReady": 0 }, "Ready: 0/1"],
  ])("with %j is not ready: %s", (changes, status) => {
    expect(decide(changed(agent, changes))).toMatchObject({ ready: false, status, failures: [status] });
  });
});

describe("Job", () => {
  const migrate = recorded("Job", "migrate");

  test("that is complete is ready", () => {
    expect(decide(migrate, { pods })).toMatchObject({
      ready: true,
      status: 'Waiting for Job "demo/migrate" to succeed (Active: 0 | Succeeded: 1 | Failed: 0)',
    });
  });

  test("that has not started, or runs, is waited for", () => {
    const pending = decide(changed(migrate, { status: {} }));
    expect(pending.failed).toBeUndefined();
    expect(pending).toMatchObject({
      ready: false,
      status: 'Waiting for Job "demo/migrate" to start',
    });
    // Its pod has just ended well, and the Job does not know yet.
    const ended = changed(recorded("Pod", "migrate"), { "status.phase": "Running" });
    const running = changed(migrate, { "status.conditions": [], "status.active": 1, "status.succeeded": 0 });
    expect(decide(running, { pods: [ended] })).toMatchObject({
      ready: false,
      status: 'Waiting for Job "demo/migrate" to succeed (Active: 1 | Succeeded: 0 | Failed: 0)',
      warnings: [],
    });
  });

  test("that failed is not waited for, and its pods tell why", () => {
    expect(decide(recorded("Job", "fails"), { pods })).toMatchObject({
      ready: false,
      failed: true,
      failures: ["[BackoffLimitExceeded] Job has reached the specified backoff limit"],
      warnings: ['[Pod demo/fails-gl2pw]: container "migrate" completed with exit code 2'],
    });
  });

  test("that failed for a reason of its own counts as failed as well", () => {
    const failed = withCondition(migrate, "Complete", { status: "False" });
    const reason = { status: "True", reason: "PodFailurePolicy", message: "exit code 42" };
    expect(decide(withCondition(failed, "Failed", reason))).toMatchObject({
      failed: true,
      failures: ["[PodFailurePolicy] exit code 42"],
    });
  });
});

describe("Pod", () => {
  test.each([
    ["unschedulable", "scheduled", "[Pod demo/unschedulable]: 0/1 nodes are available: 1 Insufficient cpu."],
    [
      "init-error",
      "initialized",
      "[Pod demo/init-error]: containers with incomplete status: [setup][CrashLoopBackOff] back-off 40s restarting",
    ],
    [
      "config-error",
      "ready",
      "[Pod demo/config-error]: containers with unready status: [web][CreateContainerConfigError] secret",
    ],
    [
      "crash",
      "ready",
      "[Pod demo/crash-5794bcd48-cp5pb]: containers with unready status: [web][CrashLoopBackOff] back-off 40s restarting",
    ],
  ])("%s is waited for to be %s", (name, stage, problem) => {
    const pod = recorded("Pod", name);
    const decision = decide(pod);
    expect(decision).toMatchObject({
      ready: false,
      failed: false,
      status: `Waiting for Pod "demo/${pod.metadata.name}" to be ${stage}`,
    });
    expect(decision.details).toEqual([expect.stringContaining(problem)]);
  });

  test("that crashed says when, how and with which last words", () => {
    expect(decide(recorded("Pod", "crash")).details?.[0]).toMatch(
      /\ncontainer "web" terminated at 20\d\d-\d\d-\d\dT\S+Z \(Error: exit code 2\)\nflag provided but not defined: -nonsense/,
    );
  });

  test.each(["web", "migrate"])("%s, running or ended well, is ready", (name) => {
    expect(decide(recorded("Pod", name))).toEqual({ ready: true });
  });

  test("that failed for good is not waited for", () => {
    expect(decide(recorded("Pod", "fails"))).toMatchObject({ ready: false, failed: true });
  });

  test("just created, without any condition, has no problem yet", () => {
    expect(decide(changed(recorded("Pod", "web"), { status: { phase: "Pending" } }))).toMatchObject({
      ready: false,
      details: [],
    });
  });
});
