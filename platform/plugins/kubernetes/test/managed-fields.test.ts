import type { KubernetesObject } from "../src/await";
import { isOwnedByOthers, takeOverPatch } from "../src/managed-fields";
import type { Properties } from "../src/values";

function owned(...entries: Properties[]): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", resourceVersion: "7", ...{ managedFields: entries } },
  };
}

const entry = (
  manager: string,
  operation: string,
  fieldsV1: Properties,
  more: Properties = {},
): Properties => ({
  manager,
  operation,
  fieldsV1,
  ...more,
});

test("what the provider created becomes its field manager's, and stays apart from others' fields", () => {
  const status = entry("kube-controller-manager", "Update", { "f:status": {} }, { subresource: "status" });
  const foreign = entry("kubectl-edit", "Update", { "f:data": { "f:b": {} } });
  const object = owned(
    entry("pulumi-kubernetes", "Update", { "f:data": { ".": {}, "f:a": {} } }),
    status,
    foreign,
  );
  expect(takeOverPatch(object, "pulumi-kubernetes-1")).toEqual([
    {
      op: "replace",
      path: "/metadata/managedFields",
      value: [status, foreign, entry("pulumi-kubernetes-1", "Apply", { "f:data": { ".": {}, "f:a": {} } })],
    },
    { op: "replace", path: "/metadata/resourceVersion", value: "7" },
  ]);
});

test("fields owned twice are united", () => {
  const object = owned(
    entry("pulumi-kubernetes-1", "Apply", { "f:data": { "f:a": {} }, "f:spec": {} }),
    entry("pulumi-kubernetes", "Update", { "f:data": { "f:b": {} }, "f:spec": { "f:x": {} } }),
  );
  const [patch] = takeOverPatch(object, "pulumi-kubernetes-1") ?? [];
  expect(patch?.["value"]).toEqual([
    entry("pulumi-kubernetes-1", "Apply", {
      "f:data": { "f:a": {}, "f:b": {} },
      "f:spec": { ".": {}, "f:x": {} },
    }),
  ]);
});

test("nothing is written when there is nothing to take over", () => {
  expect(
    takeOverPatch(owned(entry("pulumi-kubernetes-1", "Apply", {})), "pulumi-kubernetes-1"),
  ).toBeUndefined();
  expect(
    takeOverPatch(
      owned(entry("pulumi-kubernetes", "Update", {}, { subresource: "status" })),
      "pulumi-kubernetes-1",
    ),
  ).toBeUndefined();
});

test("a field is others' only when this manager does not own it as well", () => {
  const fields = { "f:spec": { "f:replicas": {} } };
  const theirs = owned(entry("autoscaler", "Update", fields));
  const shared = owned(entry("autoscaler", "Update", fields), entry("mine", "Apply", fields));
  expect(isOwnedByOthers(theirs, ["spec", "replicas"], "mine")).toBe(true);
  expect(isOwnedByOthers(shared, ["spec", "replicas"], "mine")).toBe(false);
  expect(isOwnedByOthers(theirs, ["spec", "paused"], "mine")).toBe(false);
});
