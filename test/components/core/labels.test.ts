import { ownerLabels, roleLabels, selectorLabels } from "../../../components/core";

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
