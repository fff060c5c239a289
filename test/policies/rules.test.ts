import { forgetAnnotation } from "../../policies/availability/drain-longer-than-router";
import { notYetKnown } from "../../policies/manifest";
import type { Resource } from "../../policies/rule";
import { rules } from "../../policies/rules";
import { singleReplicaAnnotation } from "../../policies/workloads";
import { aws } from "./failing-aws";
import { availability } from "./failing-availability";
import { data } from "./failing-data";
import { security } from "./failing-security";
import { type Failing, ruleNamed, violations } from "./failing";
import {
  broken,
  brokenStack,
  goodAutoscaler,
  goodBudget,
  goodDeployment,
  goodRouter,
  goodStacks,
} from "./fixture";

const container = "spec.template.spec.containers.0";

const failing: readonly Failing[] = [...availability, ...security, ...data, ...aws];

test.each(rules.map((rule) => [rule.name, rule] as const))("%s passes the good stacks", (_, rule) => {
  const { clusters, aws: cloud } = goodStacks();
  expect(violations(rule, clusters)).toEqual([]);
  expect(violations(rule, cloud)).toEqual([]);
});

// Rows differ in length: spread over parameters, Jest would hand a callback over for the one that is missing.
const titled = failing.map((row) => [...row.slice(0, 3), row] as [string, string, string, Failing]);

test.each(titled)("%s fails when %s has another %s", (_name, _resource, _path, row) => {
  const [name, resource, path, value, says, settings] = row;
  const found = violations(ruleNamed(name), brokenStack(resource, path, value), settings);
  expect(found).toContainEqual(expect.stringMatching(says));
});

test.each(titled)("%s says nothing while %s %s is not known", (_name, _resource, _path, row) => {
  const [name, resource, path] = row;
  expect(violations(ruleNamed(name), brokenStack(resource, path, notYetKnown))).toEqual([]);
});

test("every rule has a failing fixture", () => {
  const covered = new Set(failing.map(([name]) => name));
  expect(rules.map((rule) => rule.name).filter((name) => !covered.has(name))).toEqual([]);
});

test("names are unique and kebab-case", () => {
  const names = rules.map((rule) => rule.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z]+(-[a-z]+)*$/.test(name))).toEqual([]);
});

test("a workload that states why it is single may be single, and needs no budget", () => {
  const single = broken(goodDeployment(), "metadata", {
    name: "cache",
    namespace: "shop",
    annotations: { [singleReplicaAnnotation]: "the service degrades without it" },
  });
  const stack = [broken(single, "spec.strategy", { type: "Recreate" })];
  expect(rules.flatMap((rule) => violations(rule, stack))).toEqual([]);
});

test("a Deployment without spec.replicas is judged by its autoscaler", () => {
  expect(violations(ruleNamed("minimum-replicas"), [goodDeployment(), goodAutoscaler()])).toEqual([]);
  expect(violations(ruleNamed("minimum-replicas"), [goodDeployment()])).toHaveLength(1);
});

test.each([
  ["50%", 2, 0],
  ["51%", 2, 1],
  [1, 2, 0],
  [2, 2, 1],
])("minAvailable %p of %p replicas gives %p violations", (minAvailable, minReplicas, count) => {
  const budget = broken(
    broken(goodBudget(), "spec.maxUnavailable", undefined),
    "spec.minAvailable",
    minAvailable,
  );
  const autoscaler = broken(goodAutoscaler(), "spec.minReplicas", minReplicas);
  expect(violations(ruleNamed("satisfiable-budget"), [goodDeployment(), autoscaler, budget])).toHaveLength(
    count,
  );
});

test.each(["PASSWORD_FILE", "TOKEN_TTL_SECONDS", "MONKEY", "SECRETARY", "KEYBOARD"])(
  "%s is no credential",
  (name) => {
    const stack = brokenStack("deployment", `${container}.env`, [{ name, value: "x" }]);
    expect(violations(ruleNamed("no-plaintext-secrets"), stack)).toEqual([]);
  },
);

test("a credential in a ConfigMap is reported without its value", () => {
  const configMap: Resource = {
    type: "kubernetes:core/v1:ConfigMap",
    name: "settings",
    props: { metadata: { name: "settings", namespace: "shop" }, data: { "db.password": "hunter2" } },
  };
  const [message] = violations(ruleNamed("no-plaintext-secrets"), [configMap]);
  expect(message).toBe("shop/settings: key db.password is a credential in a ConfigMap; move it to a Secret");
});

test("an image built under latest is reported", () => {
  const image: Resource = {
    type: "docker:index/image:Image",
    name: "web",
    props: { imageName: "registry.example/web" },
  };
  expect(violations(ruleNamed("no-latest-tag"), [image])).toEqual([
    'web: imageName is "registry.example/web"; must have a version tag or a digest',
  ]);
});

describe("drain-longer-than-router", () => {
  const elsewhere = { name: "router", namespace: "elsewhere", annotations: { [forgetAnnotation]: "60" } };
  const otherRegion = {
    name: "router",
    namespace: "shop",
    labels: { "twinstack.dev/region": "b" },
    annotations: { [forgetAnnotation]: "60" },
  };
  const inRegion = broken(goodDeployment(), "metadata", {
    name: "web",
    namespace: "shop",
    labels: { "twinstack.dev/region": "a" },
  });

  test.each([
    ["another namespace", elsewhere],
    ["another region's namespace of the same name", otherRegion],
  ])("does not ask pods to wait for the router of %s", (_, metadata) => {
    const stack = [inRegion, broken(goodRouter(), "metadata", metadata)];
    expect(violations(ruleNamed("drain-longer-than-router"), stack)).toEqual([]);
  });

  test("asks nothing of pods that no router sends to", () => {
    const cache = broken(goodDeployment(), "spec.template.metadata.labels", {
      "app.kubernetes.io/component": "cache",
    });
    const stack = [broken(cache, `${container}.lifecycle`, undefined), goodRouter()];
    expect(violations(ruleNamed("drain-longer-than-router"), stack)).toEqual([]);
  });

  test("knows how long Kubernetes waits by default", () => {
    const graceless = broken(goodDeployment(), "spec.template.spec.terminationGracePeriodSeconds", undefined);
    const sleeping = (seconds: number) => [
      broken(graceless, `${container}.lifecycle.preStop.sleep.seconds`, seconds),
    ];
    expect(violations(ruleNamed("drain-longer-than-router"), sleeping(29))).toEqual([]);
    expect(violations(ruleNamed("drain-longer-than-router"), sleeping(30))).toEqual([
      "shop/web: terminationGracePeriodSeconds is 30; must be above 30, the preStop.sleep.seconds of " +
        'container "web", or it is killed with requests in flight',
    ]);
  });
});

test.each([
  ["a", []],
  ["b", [expect.stringContaining("shop/web has no PodDisruptionBudget")]],
])("pods of region a under a budget of region %s: %j", (region, found) => {
  const inRegion = (resource: Resource, name: string) =>
    broken(resource, "metadata", {
      name: "web",
      namespace: "shop",
      labels: { "twinstack.dev/region": name },
    });
  const stack = [
    inRegion(goodDeployment(), "a"),
    inRegion(goodAutoscaler(), "a"),
    inRegion(goodBudget(), region),
  ];
  expect(violations(ruleNamed("disruption-budget"), stack)).toEqual(found);
});
