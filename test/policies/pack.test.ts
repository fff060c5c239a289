import { known, type Manifest, notYetKnown } from "../../policies/manifest";
import { type Resource, violations as violationsOf } from "../../policies/rule";
import { rules } from "../../policies/rules";
import { defaults } from "../../policies/setting";
import { changed, descriptionOf, oneRegionOf } from "../support/description";
import { runStack } from "../support/local";
import { broken } from "./fixture";

// The whole pack over what the real stack program asks for: it is content with that, and with nothing worse.

const container = "spec.template.spec.containers.0";

let stack: Resource[];
let oneRegion: Resource[];
beforeAll(async () => {
  stack = await resourcesOf(descriptionOf("local"));
  oneRegion = await resourcesOf(oneRegionOf("local"));
});

/** What the policies see of a run. */
async function resourcesOf(description: unknown): Promise<Resource[]> {
  const { resources } = await runStack(description);
  return resources.map(({ type, name, inputs }) => ({ type, name, props: known(inputs) as Manifest }));
}

/** `rule: message` of every violation. */
const violations = (resources: readonly Resource[]): string[] =>
  rules.flatMap((rule) =>
    violationsOf(rule, resources, defaults).map((message) => `${rule.name}: ${message}`),
  );

/** The resources with one field of one of them changed. */
function mutated(
  resources: readonly Resource[],
  name: string,
  path: string,
  replacement: unknown,
): Resource[] {
  if (!resources.some((resource) => resource.name === name)) throw new Error(`no resource ${name}`);
  return resources.map((each) => (each.name === name ? broken(each, path, replacement) : each));
}

test("finds nothing wrong with local, in one region or two", () => {
  expect(stack.filter(({ type }) => type.startsWith("kubernetes:")).length).toBeGreaterThan(20);
  expect(violations(stack)).toEqual([]);
  expect(violations(oneRegion)).toEqual([]);
});

test("finds nothing wrong with its first preview, which knows no image yet", () => {
  const deployments = stack.filter(({ type }) => type.endsWith(":Deployment"));
  const early = deployments.reduce(
    (resources, { name }) => mutated(resources, name, `${container}.image`, notYetKnown),
    stack,
  );
  expect(violations(early)).toEqual([]);
});

const dangerous: [what: string, resource: string, path: string, value: unknown, ...found: RegExp[]][] = [
  [
    "a budget that blocks every node drain",
    "router-disruption-budget",
    "spec.maxUnavailable",
    0,
    /^satisfiable-budget: twinstack-local\/router lets no pod/,
  ],
  [
    "a budget that selects nothing",
    "web-canary-disruption-budget",
    "spec.selector.matchLabels",
    { "app.kubernetes.io/name": "wbe" },
    /^disruption-budget: twinstack-local\/web-canary has no/,
  ],
  [
    "an autoscaler that goes down to one pod",
    "web-stable-autoscaler",
    "spec.minReplicas",
    1,
    /^autoscaler-bounds: .*minReplicas is 1/,
    /^minimum-replicas: twinstack-local\/web-stable may run 1 pod/,
    /^symmetric-regions: HorizontalPodAutoscaler twinstack-local\/web-stable has other replicas or requests/,
  ],
  [
    "a single router",
    "router-deployment",
    "spec.replicas",
    1,
    /^minimum-replicas: twinstack-local\/router may run 1 pod/,
    /^symmetric-regions: Deployment twinstack-local\/router has other replicas or requests/,
  ],
  [
    "a single pod that doesn't say why",
    "cache-deployment",
    "metadata.annotations",
    undefined,
    /^keep-capacity: twinstack-local\/cache/,
    /^minimum-replicas: twinstack-local\/cache/,
  ],
  [
    "an image that can be moved",
    "web-candidate-deployment",
    `${container}.image`,
    "198.18.0.1:5000/twinstack/web:0.1.0",
    /^digest-pinned-images: twinstack-local\/web-candidate/,
  ],
  [
    "a restart for every overload",
    "web-stable-deployment",
    `${container}.livenessProbe.httpGet.path`,
    "/ready",
    /^distinct-probes: twinstack-local\/web-stable/,
  ],
  [
    "a rollout that takes pods away first",
    "web-stable-deployment",
    "spec.strategy.rollingUpdate.maxUnavailable",
    "25%",
    /^keep-capacity: twinstack-local\/web-stable/,
  ],
  [
    "a pod that stops when the router may still send",
    "web-canary-deployment",
    `${container}.lifecycle.preStop.sleep.seconds`,
    1,
    /^drain-longer-than-router: twinstack-local\/web-canary: .* preStop\.sleep\.seconds 1; must be above \d/,
  ],
  [
    "a router that takes longer to forget",
    "router-deployment",
    "metadata.annotations",
    { "twinstack.dev/forget-seconds": "33" },
    /^drain-longer-than-router: twinstack-local\/web-canary/,
    /^drain-longer-than-router: twinstack-local\/web-candidate/,
    /^drain-longer-than-router: twinstack-local\/web-stable/,
  ],
  [
    "pods that may all be on one node",
    "web-stable-deployment",
    "spec.template.spec.topologySpreadConstraints",
    undefined,
    /^topology-spread: twinstack-local\/web-stable/,
  ],
  [
    "a pod that the scheduler knows nothing of",
    "router-deployment",
    `${container}.resources.requests`,
    undefined,
    /requests\.cpu/,
    /requests\.memory/,
    /^symmetric-regions: Deployment twinstack-local\/router has other replicas or requests/,
  ],
  [
    "a writable root",
    "cache-deployment",
    `${container}.securityContext.readOnlyRootFilesystem`,
    false,
    /^read-only-root: twinstack-local\/cache/,
  ],
  [
    "a way to become root",
    "router-deployment",
    `${container}.securityContext.allowPrivilegeEscalation`,
    true,
    /^drop-privileges: twinstack-local\/router/,
  ],
  [
    "a key to the cluster in every pod",
    "web-stable-deployment",
    "spec.template.spec.automountServiceAccountToken",
    true,
    /^no-service-account-token: twinstack-local\/web-stable/,
  ],
  [
    "the node's files",
    "web-stable-deployment",
    "spec.template.spec.volumes",
    [{ name: "node", hostPath: { path: "/" } }],
    /^no-host-access: twinstack-local\/web-stable uses hostPath volume node/,
  ],
  [
    "a password for all to read",
    "web-stable-deployment",
    `${container}.env`,
    [{ name: "REDIS_PASSWORD", value: "hunter2" }],
    /^no-plaintext-secrets: .*sets REDIS_PASSWORD in clear/,
  ],
];

test.each(dangerous)("catches %s, and nothing else", (_, resource, path, value, ...found) => {
  const said = violations(mutated(stack, `twinstack-a-${resource}`, path, value));
  expect(said.sort()).toEqual(found.map((message) => expect.stringMatching(message) as unknown));
});

test("catches an image without a version, which the description may name", async () => {
  const resources = await resourcesOf(
    changed(descriptionOf("local"), "images.valkey", "198.18.0.1:5000/base/valkey"),
  );
  expect(violations(resources)).toEqual([
    'no-latest-tag: twinstack-valkey-image: imageName is "198.18.0.1:5000/twinstack/valkey:latest"; must have a version tag or a digest',
  ]);
});

test("catches a budget that is missing in one region only", () => {
  const without = stack.filter(({ name }) => name !== "twinstack-b-web-canary-disruption-budget");
  expect(without).toHaveLength(stack.length - 1);
  expect(violations(without)).toEqual([
    "disruption-budget: twinstack-local/web-canary has no PodDisruptionBudget; add one that selects its pods in its namespace",
    "symmetric-regions: PodDisruptionBudget twinstack-local/web-canary is in region a, and not in b; must be in both",
  ]);
});

test("does not ask a region to wait for the router of another", () => {
  const slow = { "twinstack.dev/forget-seconds": "33" };
  const found = violations(mutated(stack, "twinstack-b-router-deployment", "metadata.annotations", slow));
  // Region b's three backends, and not region a's.
  expect(found).toHaveLength(3);
});
