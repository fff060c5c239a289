import { driftIn, driftText, type EngineEvent } from "../../review/drift";

const name = "twinstack-a-web-stable-deployment";
const urn = `urn:pulumi:local::twinstack::twinstack:index:Topology$kubernetes:apps/v1:Deployment::${name}`;

const inputs = {
  metadata: { name: "web-stable", labels: { app: "web" } },
  spec: { template: { spec: { containers: [{ name: "web", image: "web:1" }] } } },
};

type Metadata = NonNullable<EngineEvent["resOutputsEvent"]>["metadata"];

/** What a refresh tells of a Deployment whose declared fields, or whose live object, is this. */
const seen = (op: string, changes: Partial<Metadata> = {}): EngineEvent => ({
  resOutputsEvent: {
    metadata: {
      op,
      urn,
      type: "kubernetes:apps/v1:Deployment",
      old: { custom: true, inputs, outputs: inputs },
      new: { inputs, outputs: inputs },
      ...changes,
    },
  },
});

const moved = { ...inputs, spec: { template: { spec: { containers: [{ name: "web", image: "web:2" }] } } } };

/** A live object some of whose fields others wrote. */
const ownedBy = (
  manager: string,
  fieldsV1: object,
  live: object,
  subresource?: string,
): Partial<Metadata> => ({
  new: {
    inputs,
    outputs: {
      ...inputs,
      ...live,
      metadata: {
        ...inputs.metadata,
        ...("metadata" in live ? (live.metadata as object) : {}),
        managedFields: [{ manager, operation: "Update", fieldsV1, ...(subresource ? { subresource } : {}) }],
      },
    },
  },
});

const text = (...events: EngineEvent[]): string => driftText("local", driftIn(events), ["a", "b", "w"]);

test("what is as declared is no drift", () => {
  expect(text(seen("same"), seen("same"))).toBe(
    "no drift in local: 2 resources as declared; what autoscalers and stewards own is theirs",
  );
});

test("stacks, components and providers are not looked at", () => {
  expect(driftIn([seen("update", { type: "pulumi:pulumi:Stack" })])).toEqual({ resources: 0, drifts: [] });
  expect(driftIn([seen("update", { type: "pulumi:providers:kubernetes" })]).resources).toBe(0);
  expect(driftIn([seen("same", { old: { inputs } })]).resources).toBe(0);
});

test("an object that is gone is told", () => {
  const told = text(seen("delete", { new: null }));
  expect(told).toContain("drift in local: 1 of 1 resource");
  expect(told).toContain(`  ${name} (Deployment, a): it is gone`);
  expect(told).toContain("PULUMI_K8S_ENABLE_PATCH_FORCE=true pulumi up --refresh --stack local");
});

test("a declared field is told as expected and as found", () => {
  const state = { new: { inputs: moved, outputs: moved } };
  const line = "    spec.template.spec.containers[0].image: expected `web:1`, found `web:2`";
  expect(
    text(seen("update", { ...state, detailedDiff: { "spec.template.spec.containers[0].image": {} } })),
  ).toContain(line);
  expect(text(seen("update", state))).toContain(line.replace("[0]", "[web]"));
});

test("what only the provider reads differently, or a status, is no drift", () => {
  const state = {
    old: { custom: true, inputs, outputs: { status: 1 } },
    new: { inputs, outputs: { status: 2 } },
  };
  expect(driftIn([seen("update", state)]).drifts).toEqual([]);
  expect(driftIn([seen("update", { ...state, detailedDiff: { status: {} } })]).drifts).toEqual([]);
  expect(driftIn([seen("same", { new: { inputs: moved, outputs: moved } })]).drifts).toEqual([]);
});

describe("fields that nobody declared", () => {
  const label = { "f:metadata": { "f:labels": { ".": {}, "f:app": {}, "f:team": {} } } };
  const labelled = { metadata: { labels: { app: "web", team: "blue" } } };

  test("are drift where kubectl wrote them", () => {
    const told = text(seen("same", ownedBy("kubectl-label", label, labelled)));
    expect(told).toContain(
      "    metadata.labels.team: expected nothing, found `blue`, added by kubectl-label",
    );
    expect(told).not.toContain("labels.app");
    expect(told).toContain("fields added by hand stay until they are taken away by hand");
    expect(told).not.toContain("pulumi up");
  });

  test("are told once for a whole thing, without its secrets", () => {
    const fields = {
      "f:spec": {
        "f:template": {
          "f:spec": { "f:containers": { 'k:{"name":"spy"}': { ".": {}, "f:image": {}, "f:name": {} } } },
        },
      },
    };
    const containers = [...inputs.spec.template.spec.containers, { name: "spy", image: "spy:1" }];
    const told = text(
      seen("same", ownedBy("kubectl-edit", fields, { spec: { template: { spec: { containers } } } })),
    );
    expect(told).toContain(
      "    spec.template.spec.containers[spy]: expected nothing, found something, added by kubectl-edit",
    );
    expect(told.match(/added by kubectl/g)).toHaveLength(1);
  });

  test.each(["kube-controller-manager", "steward", "pulumi-kubernetes-1a2b3c4d"])(
    "are no drift of %s",
    (manager) => {
      expect(driftIn([seen("same", ownedBy(manager, label, labelled))]).drifts).toEqual([]);
    },
  );

  test("are no drift where replicas are scaled, or pods were restarted", () => {
    const scaled = ownedBy("kubectl", { "f:spec": { "f:replicas": {} } }, { spec: { replicas: 5 } }, "scale");
    const annotations = { "f:annotations": { ".": {}, "f:kubectl.kubernetes.io/restartedAt": {} } };
    const restarted = ownedBy(
      "kubectl-rollout",
      { "f:metadata": annotations },
      { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "now" } } },
    );
    expect(driftIn([seen("same", scaled), seen("same", restarted)]).drifts).toEqual([]);
  });
});
