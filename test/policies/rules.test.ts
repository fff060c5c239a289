import { notYetKnown } from "../../policies/manifest";
import type { Resource, Rule } from "../../policies/rule";
import { rules } from "../../policies/rules";
import { singleReplicaAnnotation } from "../../policies/workloads";
import { broken, goodAutoscaler, goodBudget, goodDeployment, goodStack } from "./fixture";

const container = "spec.template.spec.containers.0";

/** Rule, the field of the good stack that is broken, the value it gets, what the message must say. */
const failing: [
  rule: string,
  resource: "deployment" | "autoscaler" | "budget",
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

const stackWith = { deployment: 0, autoscaler: 1, budget: 2 } as const;

function violations(rule: Rule, stack: readonly Resource[]): readonly string[] {
  return rule.kind === "stack" ? rule.check(stack) : stack.flatMap((resource) => rule.check(resource));
}

function ruleNamed(name: string): Rule {
  const rule = rules.find((candidate) => candidate.name === name);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  return rule;
}

function breakOne(resource: keyof typeof stackWith, path: string, value: unknown): Resource[] {
  return goodStack().map((item, index) => (index === stackWith[resource] ? broken(item, path, value) : item));
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
