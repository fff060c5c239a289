import { oneRegionOf } from "../support/description";
import { presentable } from "../support/golden";
import { runStack } from "../support/local";
import type { Registered } from "../support/program";

// What must hold in every stack, whatever its golden says. Over all sites, as a wrong provider shows only there.

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
  ({ resources } = await runStack());
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

/** The site a resource's name puts it in: its name, or that of the nearest component over it, has it in it. */
const regionIn = ({ name }: Registered): string | undefined => /-([abw])(?:-|$)/.exec(name)?.[1];

/** What no site has to itself: secrets and images are made once, on the machine that runs Pulumi. */
const sharedProviders: Readonly<Record<string, string>> = {
  docker: "twinstack-images-provider",
  random: "twinstack-random-provider",
  tls: "twinstack-tls-provider",
};

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
      "twinstack-random-provider",
      "twinstack-tls-provider",
      "twinstack-w-cluster",
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

  test("is made by the provider of its own site, and none by a default provider", () => {
    for (const resource of resources.filter((each) => each.custom && !isProvider(each))) {
      const shared = sharedProviders[resource.type.split(":")[0] ?? ""];
      const provider = shared ?? `twinstack-${regionIn(resource) ?? "(no site)"}-cluster-provider`;
      expect([resource.name, resource.provider]).toEqual([resource.name, provider]);
    }
  });

  test("in a site belongs to it by its labels too", () => {
    const names = new Set(resources.filter(isKubernetes).map(regionIn));
    expect([...names].sort()).toEqual(["a", "b", "w"]);
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
    JSON.stringify([...all("Deployment"), ...all("StatefulSet")].map(({ inputs }) => inputs)).match(
      /"image":"[^"]*"/g,
    ) ?? [];
  expect(images.length).toBeGreaterThan(20);
  for (const image of images) expect(image).toMatch(/@sha256:[0-9a-f]{64}"$/);
});

test("every site runs the same images, each made once", () => {
  expect(
    all("Image")
      .map(({ name }) => name)
      .sort(),
  ).toEqual([
    "twinstack-etcd-image",
    "twinstack-mysql-image",
    "twinstack-nginx-image",
    "twinstack-powerdns-image",
    "twinstack-steward-image",
    "twinstack-valkey-image",
    "twinstack-web-image",
  ]);
});

test("both regions are alike", () => {
  /** What a region has, without what names it: itself, its addresses, hashes of what holds these. */
  const shape = (region: string): string[] =>
    resources
      .filter((resource) => regionIn(resource) === region)
      .map(({ type, name }) => `${type} ${name.replace(new RegExp(`-${region}(?=-|$)`), "-*")}`)
      .sort();
  expect(shape("a")).toEqual(shape("b"));
});

test("what was made up is secret wherever it goes", () => {
  const madeUp = /(result|privateKeyPem\w*) of /;
  expect(all("Secret").filter(({ inputs }) => madeUp.test(JSON.stringify(inputs))).length).toBeGreaterThan(
    10,
  );
  for (const { name, inputs } of resources) {
    expect([name, madeUp.exec(JSON.stringify(presentable(inputs)))?.[0]]).toEqual([name, undefined]);
  }
});

test("a region alone has nothing to share, and nobody to share it with", async () => {
  const alone = (await runStack(oneRegionOf("local"))).resources;
  expect(alone.filter(({ name }) => /peers|dns|steward|tls|random/.test(name))).toEqual([]);
  expect(alone.filter(({ name }) => name.startsWith("twinstack-a-web-")).length).toBeGreaterThan(10);
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

  test("one database is rolled before the next", () => {
    expect(named("twinstack-peers-database-b-stateful-set").dependsOn).toContain(
      "twinstack-peers-database-a-stateful-set",
    );
  });

  test("the namespace is there before everything in it", () => {
    for (const resource of resources
      .filter(isKubernetes)
      .filter(({ type }) => !type.endsWith(":Namespace"))) {
      const region = regionIn(resource) ?? "(no site)";
      expect([resource.name, resource.dependsOn]).toEqual([
        resource.name,
        expect.arrayContaining([`twinstack-${region}-site-namespace`]),
      ]);
    }
  });
});

test("the service is not waited for longer than the rollout's timeout", () => {
  const ofService = [...all("Deployment"), ...all("Service")].filter(({ name }) => !name.includes("-peers-"));
  expect(ofService.length).toBeGreaterThan(15);
  for (const { name, timeouts } of ofService) {
    expect([name, timeouts]).toEqual([name, expect.objectContaining({ create: "90s", update: "90s" })]);
  }
});

test("nothing that is awaited is awaited without an end", () => {
  for (const { name, timeouts } of [...all("Deployment"), ...all("StatefulSet")]) {
    expect([name, timeouts?.create]).toEqual([name, expect.stringMatching(/^[1-9]\d*s$/)]);
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
