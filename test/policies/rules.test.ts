import { forgetAnnotation } from "../../policies/availability/drain-longer-than-router";
import { notYetKnown } from "../../policies/manifest";
import type { Resource, Rule } from "../../policies/rule";
import { rules } from "../../policies/rules";
import { defaults } from "../../policies/setting";
import { singleReplicaAnnotation } from "../../policies/workloads";
import { broken, goodAutoscaler, goodBudget, goodDeployment, goodRouter, goodStack } from "./fixture";

const container = "spec.template.spec.containers.0";

/** Where the good stack has what tests break. */
const position = { deployment: 0, autoscaler: 1, budget: 2, router: 3 } as const;

/** Rule, the field of the good stack that is broken, the value it gets, what the message must say. */
const failing: [
  rule: string,
  resource: keyof typeof position,
  path: string,
  value: unknown,
  message: RegExp,
][] = [
  [
    "autoscaler-bounds",
    "autoscaler",
    "spec.minReplicas",
    1,
    /^shop\/web: minReplicas is 1; must be at least 2$/,
  ],
  ["autoscaler-bounds", "autoscaler", "spec.minReplicas", undefined, /minReplicas is 1; must be at least 2/],
  ["autoscaler-bounds", "autoscaler", "spec.maxReplicas", 2, /maxReplicas is 2; must be above minReplicas 2/],
  [
    "digest-pinned-images",
    "deployment",
    `${container}.image`,
    "registry.example/web:1.0.0",
    /has image "registry\.example\/web:1\.0\.0"; must end in @sha256/,
  ],
  ["digest-pinned-images", "deployment", `${container}.image`, undefined, /must end in @sha256/],
  [
    "disruption-budget",
    "budget",
    "spec.selector.matchLabels",
    { other: "app" },
    /^shop\/web has no PodDisruptionBudget/,
  ],
  [
    "disruption-budget",
    "budget",
    "metadata",
    { name: "web", namespace: "elsewhere" },
    /has no PodDisruptionBudget/,
  ],
  [
    "distinct-probes",
    "deployment",
    `${container}.livenessProbe`,
    { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 3 },
    /asks the same/,
  ],
  ["distinct-probes", "deployment", `${container}.livenessProbe`, undefined, /no livenessProbe/],
  ["distinct-probes", "deployment", `${container}.readinessProbe`, undefined, /no readinessProbe/],
  [
    "drain-longer-than-router",
    "deployment",
    `${container}.lifecycle.preStop.sleep.seconds`,
    4,
    /^shop\/web: container "web" has preStop\.sleep\.seconds 4; must be above 4, the seconds in which shop\/router forgets it/,
  ],
  [
    "drain-longer-than-router",
    "deployment",
    `${container}.lifecycle`,
    undefined,
    /preStop\.sleep\.seconds missing; must be above 4/,
  ],
  [
    "drain-longer-than-router",
    "deployment",
    "spec.template.spec.terminationGracePeriodSeconds",
    5,
    /^shop\/web: terminationGracePeriodSeconds is 5; must be above 5, the preStop\.sleep\.seconds of container "web"/,
  ],
  [
    "drain-longer-than-router",
    "router",
    "metadata.annotations",
    { [forgetAnnotation]: "5" },
    /preStop\.sleep\.seconds 5; must be above 5/,
  ],
  [
    "drain-longer-than-router",
    "router",
    "metadata.annotations",
    { [forgetAnnotation]: "soon" },
    /^shop\/router: annotation twinstack\.dev\/forget-seconds is soon; must be the whole seconds/,
  ],
  [
    "drain-longer-than-router",
    "router",
    "metadata.annotations",
    undefined,
    /^shop\/router: annotation twinstack\.dev\/forget-seconds is missing/,
  ],
  ["drop-privileges", "deployment", `${container}.securityContext.privileged`, true, /is privileged/],
  [
    "drop-privileges",
    "deployment",
    `${container}.securityContext.allowPrivilegeEscalation`,
    undefined,
    /may escalate privileges/,
  ],
  [
    "drop-privileges",
    "deployment",
    `${container}.securityContext.capabilities.drop`,
    ["NET_RAW"],
    /keeps Linux capabilities/,
  ],
  [
    "keep-capacity",
    "deployment",
    "spec.strategy.rollingUpdate.maxUnavailable",
    1,
    /maxUnavailable is 1; must be 0/,
  ],
  ["keep-capacity", "deployment", "spec.strategy", undefined, /maxUnavailable is 25% by default/],
  ["minimum-replicas", "autoscaler", "spec.minReplicas", 1, /^shop\/web may run 1 pod; must be at least 2/],
  ["minimum-replicas", "autoscaler", "spec.scaleTargetRef.name", "other", /may run 1 pod/],
  ["no-host-access", "deployment", "spec.template.spec.hostNetwork", true, /uses hostNetwork/],
  [
    "no-host-access",
    "deployment",
    "spec.template.spec.volumes",
    [{ name: "root", hostPath: { path: "/" } }],
    /uses hostPath volume root/,
  ],
  [
    "no-latest-tag",
    "deployment",
    `${container}.image`,
    "registry.example:5000/web:latest",
    /must have a version tag or a digest/,
  ],
  [
    "no-latest-tag",
    "deployment",
    `${container}.image`,
    "registry.example:5000/web",
    /must have a version tag or a digest/,
  ],
  [
    "no-plaintext-secrets",
    "deployment",
    `${container}.env`,
    [{ name: "DB_PASSWORD", value: "x" }],
    /sets DB_PASSWORD in clear; use valueFrom/,
  ],
  [
    "no-plaintext-secrets",
    "deployment",
    `${container}.env`,
    [{ name: "apiKey", value: "x" }],
    /sets apiKey in clear/,
  ],
  [
    "no-service-account-token",
    "deployment",
    "spec.template.spec.automountServiceAccountToken",
    undefined,
    /mounts a service account token/,
  ],
  ["non-root", "deployment", "spec.template.spec.securityContext", undefined, /may run as root/],
  ["non-root", "deployment", `${container}.securityContext.runAsUser`, 0, /runAsUser 0/],
  [
    "read-only-root",
    "deployment",
    `${container}.securityContext.readOnlyRootFilesystem`,
    false,
    /writable root/,
  ],
  [
    "resource-requests",
    "deployment",
    `${container}.resources.requests.cpu`,
    undefined,
    /no resources\.requests\.cpu/,
  ],
  ["resource-requests", "deployment", `${container}.resources`, undefined, /no resources\.limits\.memory/],
  [
    "satisfiable-budget",
    "budget",
    "spec.maxUnavailable",
    0,
    /lets no pod of shop\/web go at its minimum of 2/,
  ],
  [
    "topology-spread",
    "deployment",
    "spec.template.spec.topologySpreadConstraints",
    [],
    /no topologySpreadConstraints/,
  ],
];

function violations(rule: Rule, stack: readonly Resource[]): readonly string[] {
  return rule.kind === "stack"
    ? rule.check(stack, defaults)
    : stack.flatMap((resource) => rule.check(resource, defaults));
}

function ruleNamed(name: string): Rule {
  const rule = rules.find((candidate) => candidate.name === name);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  return rule;
}

function breakOne(resource: keyof typeof position, path: string, value: unknown): Resource[] {
  return goodStack().map((item, index) => (index === position[resource] ? broken(item, path, value) : item));
}

test.each(rules.map((rule) => [rule.name, rule] as const))("%s passes the good stack", (_, rule) => {
  expect(violations(rule, goodStack())).toEqual([]);
});

test.each(failing)("%s fails when %s %s is %j", (name, resource, path, value, message) => {
  const found = violations(ruleNamed(name), breakOne(resource, path, value));
  expect(found).toContainEqual(expect.stringMatching(message));
});

test.each(failing)("%s says nothing while %s %s is not known", (name, resource, path) => {
  expect(violations(ruleNamed(name), breakOne(resource, path, notYetKnown))).toEqual([]);
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
    const stack = breakOne("deployment", `${container}.env`, [{ name, value: "x" }]);
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
