import type { Resource } from "../../policies/rule";
import { goodAws } from "./fixture-aws";
import { goodData } from "./fixture-data";

const digest = `registry.example/web@sha256:${"a".repeat(64)}`;
const podLabels = { "app.kubernetes.io/name": "web", "app.kubernetes.io/component": "service" };
const routerLabels = { "app.kubernetes.io/name": "router", "app.kubernetes.io/component": "router" };
const metadata = { name: "web", namespace: "shop" };

/** A Deployment that meets every rule; tests break one field of a copy. */
export function goodDeployment(): Resource {
  return {
    type: "kubernetes:apps/v1:Deployment",
    name: "web",
    props: {
      metadata,
      spec: {
        selector: { matchLabels: podLabels },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0 } },
        template: {
          metadata: { labels: podLabels },
          spec: {
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 30,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
            topologySpreadConstraints: [
              { topologyKey: "kubernetes.io/hostname" },
              { topologyKey: "topology.kubernetes.io/zone" },
            ],
            containers: [
              {
                name: "web",
                image: digest,
                env: [{ name: "LOG_LEVEL", value: "info" }],
                livenessProbe: { httpGet: { path: "/health", port: 8080 } },
                readinessProbe: { httpGet: { path: "/ready", port: 8080 } },
                lifecycle: { preStop: { sleep: { seconds: 5 } } },
                resources: { requests: { cpu: "50m", memory: "32Mi" }, limits: { memory: "64Mi" } },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ["ALL"] },
                },
              },
            ],
          },
        },
      },
    },
  };
}

/** An autoscaler of {@link goodDeployment}. */
export function goodAutoscaler(): Resource {
  return {
    type: "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
    name: "web",
    props: {
      metadata,
      spec: { minReplicas: 2, maxReplicas: 10, scaleTargetRef: { kind: "Deployment", name: "web" } },
    },
  };
}

/** A budget over {@link goodDeployment}. */
export function goodBudget(): Resource {
  return {
    type: "kubernetes:policy/v1:PodDisruptionBudget",
    name: "web",
    props: { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: podLabels } } },
  };
}

/** A router in front of {@link goodDeployment}, which forgets a pod before that has stopped. */
export function goodRouter(): Resource {
  const { type, props } = goodDeployment();
  const changes: [path: string, value: unknown][] = [
    ["metadata", { ...metadata, name: "router", annotations: { "twinstack.dev/forget-seconds": "4" } }],
    ["spec.replicas", 2],
    ["spec.selector.matchLabels", routerLabels],
    ["spec.template.metadata.labels", routerLabels],
  ];
  return changes.reduce<Resource>((given, [path, value]) => broken(given, path, value), {
    type,
    name: "router",
    props,
  });
}

/** A budget over {@link goodRouter}. */
export const goodRouterBudget = (): Resource =>
  broken(
    broken(goodBudget(), "metadata", { ...metadata, name: "router" }),
    "spec.selector.matchLabels",
    routerLabels,
  );

/** Two regions' halves of a service that are alike. */
const twinMetadata = (region: string) => ({
  name: "twin",
  namespace: "twins",
  labels: { "twinstack.dev/region": region },
});
const twin = (region: string): Resource =>
  broken(broken(goodDeployment(), "metadata", twinMetadata(region)), "spec.replicas", 2);
const twinBudget = (region: string): Resource => broken(goodBudget(), "metadata", twinMetadata(region));

const object = (type: string, props: object): Resource => ({
  type: `kubernetes:${type}`,
  name: "web",
  props,
});

/** What Kubernetes has besides workloads. */
const goodObjects = () => ({
  namespace: object("core/v1:Namespace", {
    metadata: { name: "shop", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  }),
  service: object("core/v1:Service", {
    metadata: { ...metadata, labels: { "app.kubernetes.io/component": "service" } },
    spec: { type: "ClusterIP", selector: podLabels },
  }),
  rbacRole: object("rbac.authorization.k8s.io/v1:Role", {
    metadata,
    rules: [{ apiGroups: [""], resources: ["services"], verbs: ["get"] }],
  }),
  rbacBinding: object("rbac.authorization.k8s.io/v1:RoleBinding", {
    metadata,
    roleRef: { kind: "Role", name: "web" },
    subjects: [{ kind: "ServiceAccount", name: "web", namespace: "shop" }],
  }),
});

/** A stack on clusters that meets every rule, by what tests call its resources. */
const goodClusters = () => ({
  deployment: goodDeployment(),
  autoscaler: goodAutoscaler(),
  budget: goodBudget(),
  router: goodRouter(),
  routerBudget: goodRouterBudget(),
  twinA: twin("a"),
  twinBudgetA: twinBudget("a"),
  twinB: twin("b"),
  twinBudgetB: twinBudget("b"),
  ...goodObjects(),
  ...goodData(),
});

/** What tests call a resource of the good stacks. */
export type GoodName = keyof ReturnType<typeof goodClusters> | keyof ReturnType<typeof goodAws>;

/** Stacks that meet every rule: one on clusters, with its own database and quorum, and one on AWS. */
export const goodStacks = (): Readonly<Record<"clusters" | "aws", Resource[]>> => ({
  clusters: Object.values(goodClusters()),
  aws: Object.values(goodAws()),
});

/** The good stack of a resource with one of its fields set, or removed where the value is undefined. */
export function brokenStack(name: GoodName, path: string, replacement: unknown): Resource[] {
  const stack: Readonly<Record<string, Resource>> = name in goodAws() ? goodAws() : goodClusters();
  return Object.entries(stack).map(([each, resource]) =>
    each === name ? broken(resource, path, replacement) : resource,
  );
}

/** A copy of a resource with the field at a dotted path set, or removed where the value is undefined. */
export function broken(resource: Resource, path: string, replacement: unknown): Resource {
  const copy: object = structuredClone(resource.props);
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let at = copy as Record<string, unknown>;
  for (const key of keys) {
    if (!(key in at)) throw new Error(`fixture has no ${path}: ${key} is missing`);
    at = at[key] as Record<string, unknown>;
  }
  if (replacement === undefined) Reflect.deleteProperty(at, last);
  else at[last] = replacement;
  return { ...resource, props: copy };
}
