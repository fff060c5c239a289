import { ownerLabels, roleLabels, runLabelsIn, selectorLabels } from "../../../components/core";

const owner = ownerLabels({ project: "twinstack", stack: "local", region: "a" });
const role = { name: "web", instance: "web-stable", component: "service" };

test("an object says whose and what it is", () => {
  expect(roleLabels(owner, role)).toEqual({
    "app.kubernetes.io/name": "web",
    "app.kubernetes.io/instance": "web-stable",
    "app.kubernetes.io/component": "service",
    "app.kubernetes.io/part-of": "twinstack",
    "app.kubernetes.io/managed-by": "pulumi",
    "twinstack.dev/stack": "local",
    "twinstack.dev/region": "a",
  });
});

test("a selector matches its own role's objects and no other instance's", () => {
  const labels = roleLabels(owner, role);
  expect(labels).toMatchObject(selectorLabels(role));
  expect(labels).not.toMatchObject(selectorLabels({ ...role, instance: "web-canary" }));
});

test("what a test run made tells the run, and what a claim carries of it", () => {
  const run = {
    id: "261129120030-k3f9",
    owner: "root.host",
    created: "20261129T120030Z",
    ttlSeconds: 7200,
  };
  const labels = {
    "twinstack.dev/run-id": "261129120030-k3f9",
    "twinstack.dev/run-owner": "root.host",
    "twinstack.dev/run-created": "20261129T120030Z",
    "twinstack.dev/run-ttl-seconds": "7200",
  };
  const ofRun = ownerLabels({ project: "twinstack", stack: "test", region: "a", run });
  expect(ofRun).toMatchObject(labels);
  expect(runLabelsIn(roleLabels(ofRun, role))).toEqual(labels);
  expect(runLabelsIn(owner)).toEqual({});
});
