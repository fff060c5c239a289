import { twoRegionsOf } from "../support/description";
import { runStack } from "../support/local";
import type { Registered } from "../support/program";

// What must hold in every stack, whatever its golden says. Over two regions, as a wrong provider shows only there.

interface KubernetesObject {
  readonly metadata: {
    readonly labels: Record<string, string>;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly spec: Record<string, unknown>;
}

let resources: readonly Registered[];
beforeAll(async () => {
  ({ resources } = await runStack(twoRegionsOf("local")));
});

const all = (type: string): Registered[] =>
  resources.filter((resource) => resource.type.endsWith(`:${type}`));
const named = (name: string): Registered => {
  const found = resources.find((resource) => resource.name === name);
  if (found === undefined) throw new Error(`no resource ${name}`);
  return found;
};
const objectOf = ({ inputs }: Registered): KubernetesObject => inputs as unknown as KubernetesObject;
const isProvider = ({ type }: Registered): boolean => type.startsWith("pulumi:providers:");
const isKubernetes = ({ type }: Registered): boolean => type.startsWith("kubernetes:");

/** The region a resource's name puts it in. */
const regionIn = ({ name }: Registered): string | undefined => /^twinstack-([ab])(?:-|$)/.exec(name)?.[1];

/** A resource's parents, from the nearest to the root. */
function ancestors(resource: Registered): string[] {
  return resource.parent === undefined ? [] : [resource.parent, ...ancestors(named(resource.parent))];
}

describe("every resource", () => {
  test("there are some, in both regions", () => {
    expect(resources.filter((resource) => regionIn(resource) === "a").length).toBeGreaterThan(20);
    expect(resources.filter((resource) => regionIn(resource) === "b").length).toBeGreaterThan(20);
  });

  test("has a name of its own", () => {
    expect(new Set(resources.map(({ name }) => name)).size).toBe(resources.length);
  });

  test("hangs on the topology, save clusters and providers", () => {
    const roots = resources
      .filter((resource) => resource.parent === undefined)
      .map(({ name }) => name)
      .sort();
    expect(roots).toEqual([
      "twinstack",
      "twinstack-a-cluster",
      "twinstack-b-cluster",
      "twinstack-images-provider",
    ]);
    for (const resource of resources.filter((each) => each.custom && !isProvider(each))) {
      expect([resource.name, ancestors(resource).at(-1)]).toEqual([resource.name, "twinstack"]);
    }
  });

  test("is named after its parent and its role", () => {
    for (const { name, parent } of resources.filter((resource) => resource.parent !== undefined)) {
      expect(name.startsWith(`${parent ?? ""}-`) ? "" : `${name} under ${parent ?? ""}`).toBe("");
    }
  });

  test("is made by the provider of its own region, and none by a default provider", () => {
    for (const resource of resources.filter((each) => each.custom && !isProvider(each))) {
      const region = regionIn(resource);
      const provider =
        region === undefined ? "twinstack-images-provider" : `twinstack-${region}-cluster-provider`;
      expect([resource.name, resource.provider]).toEqual([resource.name, provider]);
    }
  });

  test("of Kubernetes says whose it is", () => {
    for (const resource of resources.filter(isKubernetes)) {
      expect(objectOf(resource).metadata.labels).toMatchObject({
        "app.kubernetes.io/managed-by": "pulumi",
        "app.kubernetes.io/part-of": "twinstack",
        "twinstack.dev/region": regionIn(resource),
        "twinstack.dev/stack": "local",
      });
    }
  });

  test("of Kubernetes lives in the stack's namespace", () => {
    for (const resource of resources
      .filter(isKubernetes)
      .filter(({ type }) => !type.endsWith(":Namespace"))) {
      expect([resource.name, objectOf(resource).metadata.namespace]).toEqual([
        resource.name,
        "twinstack-local",
      ]);
    }
  });
});

describe("replicas", () => {
  test("are left out of a Deployment with an autoscaler", () => {
    const scaled = all("HorizontalPodAutoscaler").map((each) => objectOf(each).metadata.name);
    expect(scaled).toHaveLength(6);
    for (const deployment of all("Deployment").map(objectOf)) {
      expect([deployment.metadata.name, "replicas" in deployment.spec]).toEqual([
        deployment.metadata.name,
        !scaled.includes(deployment.metadata.name),
      ]);
    }
  });

  test("of two or more have a budget that can be met", () => {
    for (const name of ["web-stable", "web-candidate", "web-canary", "router"]) {
      const budgets = all("PodDisruptionBudget").filter((each) => objectOf(each).metadata.name === name);
      expect(budgets.map((each) => objectOf(each).spec["maxUnavailable"])).toEqual([1, 1]);
    }
  });
});

test("pods run images by digest", () => {
  const images =
    JSON.stringify(all("Deployment").map(({ inputs }) => inputs)).match(/"image":"[^"]*"/g) ?? [];
  expect(images).toHaveLength(10);
  for (const image of images) expect(image).toMatch(/@sha256:[0-9a-f]{64}"$/);
});

test("both regions run the same images, each made once", () => {
  expect(all("Image").map(({ name }) => name)).toEqual([
    "twinstack-web-image",
    "twinstack-nginx-image",
    "twinstack-valkey-image",
  ]);
});

describe("order", () => {
  test("the cache is there before the service", () => {
    expect(named("twinstack-b-web-stable-deployment").dependsOn).toContain("twinstack-b-cache-deployment");
    expect(named("twinstack-b-web-stable-deployment").dependsOn).not.toContain(
      "twinstack-a-cache-deployment",
    );
  });

  test("the service is there before the router", () => {
    expect(named("twinstack-a-router-deployment").dependsOn).toEqual(
      expect.arrayContaining(["twinstack-a-web-stable-deployment", "twinstack-a-web-canary-service"]),
    );
  });

  test("the namespace is there before everything in it", () => {
    for (const resource of resources
      .filter(isKubernetes)
      .filter(({ type }) => !type.endsWith(":Namespace"))) {
      const region = regionIn(resource) ?? "";
      expect([resource.name, resource.dependsOn]).toEqual([
        resource.name,
        expect.arrayContaining([`twinstack-${region}-site-namespace`]),
      ]);
    }
  });
});

test("nothing is waited for longer than the rollout's timeout", () => {
  for (const { name, timeouts } of [...all("Deployment"), ...all("Service")]) {
    expect([name, timeouts]).toEqual([name, expect.objectContaining({ create: "90s", update: "90s" })]);
  }
});

test("pods of the service leave later than the router forgets them", () => {
  const router = objectOf(named("twinstack-a-router-deployment")) as unknown as {
    metadata: { annotations: Record<string, string> };
  };
  const forget = Number(router.metadata.annotations["twinstack.dev/forget-seconds"]);
  const web = JSON.stringify(named("twinstack-a-web-canary-deployment").inputs);
  const preStop = Number(/"preStop":\{"sleep":\{"seconds":(\d+)/.exec(web)?.[1]);
  const grace = Number(/"terminationGracePeriodSeconds":(\d{2,})/.exec(web)?.[1]);
  expect(forget).toBeGreaterThan(0);
  expect(preStop).toBeGreaterThan(forget);
  expect(grace).toBeGreaterThan(preStop);
});
