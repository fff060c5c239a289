import type { Properties } from "../src/values";
import { isRecord, valueAt } from "../src/values";
import { ok, refusal } from "./support/api-server";
import { initFailureOf } from "./support/plugin";
import { Scenario, configMap, failure, live, urn, urnOf } from "./support/scenario";

const scenario = Scenario.forEachTest();
const conflictText = 'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.mode';

describe("update", () => {
  const news = configMap({ data: { mode: "b" } });
  const state = (object = live(configMap({ data: { mode: "a" } }))): Properties => ({
    ...object,
    __inputs: configMap({ data: { mode: "a" } }),
    __fieldManager: "pulumi-kubernetes-12345678",
    __initialApiVersion: "v1",
  });
  const update = (more: Properties = {}): Promise<Properties> =>
    scenario.call("Update", { urn, id: "n/settings", olds: state(), news, ...more });

  test("takes over what the provider created, then applies", async () => {
    await scenario.cluster(({ method, body }) =>
      ok(method === "GET" || Array.isArray(body) ? state() : live(body)),
    );
    const { properties } = await update();
    expect(scenario.writes).toEqual(["PATCH", "PATCH fieldManager=pulumi-kubernetes-12345678"]);
    expect(properties).toMatchObject({ data: { mode: "b" }, __fieldManager: "pulumi-kubernetes-12345678" });
  });

  test("names the manager with whom it conflicts", async () => {
    await scenario.cluster(({ method }) =>
      method === "GET" ? ok(live(configMap(), "kubectl-edit")) : refusal(409, "Conflict", conflictText),
    );
    await expect(update()).rejects.toThrow(
      `${conflictText}. Leave the fields out of the program, or take them over with the annotation pulumi.com/patchForce: "true"`,
    );
  });

  test("overrules other managers where the object says so", async () => {
    await scenario.cluster(({ method, body }) =>
      ok(method === "GET" ? live(configMap(), "kubectl-edit") : live(body)),
    );
    await update({ news: configMap({ data: {} }, { annotations: { "pulumi.com/patchForce": "true" } }) });
    expect(scenario.writes).toEqual(["PATCH fieldManager=pulumi-kubernetes-12345678 force=true"]);
  });

  test("leaves ignored fields to the manager that owns them", async () => {
    const scaled = { ...live(configMap({ data: { mode: "theirs" } }), "autoscaler") };
    scaled["metadata"] = {
      ...(scaled["metadata"] as Properties),
      managedFields: [
        { manager: "autoscaler", operation: "Update", fieldsV1: { "f:data": { "f:mode": {} } } },
      ],
    };
    await scenario.cluster(({ method, body }) => ok(method === "GET" ? scaled : live(body)));
    await update({ ignoreChanges: ["data.mode"] });
    expect(valueAt(scenario.requests.at(-1)?.body, "data")).toEqual({});
  });

  test("works without server-side apply, and removes what the program no longer says", async () => {
    await scenario.cluster(
      ({ method, body }) => ok(method === "GET" ? state() : { ...live(news), patch: body }),
      {
        enableServerSideApply: "false",
      },
    );
    await update({ news: configMap({ binaryData: { mode: "b" } }) });
    expect(scenario.requests.at(-1)?.body).toEqual({ binaryData: { mode: "b" }, data: null });
  });

  test("says that an object is gone", async () => {
    await scenario.cluster(() => refusal(404, "NotFound", "not found"));
    await expect(update()).rejects.toThrow(/it no longer exists in the cluster; run pulumi refresh/);
  });

  test("replaces a CRD as a whole, at the version it read", async () => {
    const crd = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "c" },
    };
    const status = { conditions: [{ type: "Established", status: "True" }] };
    await scenario.cluster(({ method, body }) => ok({ ...live(method === "GET" ? crd : body), status }));
    const olds = { ...live(crd), __inputs: crd, __fieldManager: "m" };
    await scenario.call("Update", {
      urn: urnOf("apiextensions.k8s.io/v1:CustomResourceDefinition"),
      id: "c",
      olds,
      news: crd,
    });
    expect(scenario.writes).toEqual(["PUT fieldManager=m"]);
    expect(
      valueAt(scenario.requests.find(({ method }) => method === "PUT")?.body, "metadata", "resourceVersion"),
    ).toBe("7");
  });
});

describe("read", () => {
  test("imports an object by its id, without what only the cluster says", async () => {
    const found = live(configMap({ data: { mode: "a" }, status: {} }));
    await scenario.cluster(({ path }) =>
      path.endsWith("/namespaces/n/configmaps/settings") ? ok(found) : refusal(404, "", ""),
    );
    const { id, inputs, properties } = await scenario.call("Read", { urn, id: "n/settings" });
    expect(id).toBe("n/settings");
    expect(inputs).toEqual(configMap({ data: { mode: "a" } }));
    expect(isRecord(properties) && properties["__inputs"]).toEqual(inputs);
  });

  test("shows drift only in fields that the program sets", async () => {
    await scenario.cluster(() =>
      ok(live(configMap({ data: { mode: "drifted", other: "x" }, immutable: false }))),
    );
    const inputs = configMap({ data: { mode: "a" } });
    const properties = { ...live(inputs), __inputs: inputs, __fieldManager: "m" };
    const read = await scenario.call("Read", { urn, id: "n/settings", inputs, properties });
    expect(read["inputs"]).toEqual(configMap({ data: { mode: "drifted" } }));
    expect(read["properties"]).toMatchObject({ data: { mode: "drifted", other: "x" }, __fieldManager: "m" });
  });

  test("answers with nothing where the object is gone", async () => {
    await scenario.cluster(() => refusal(404, "NotFound", "not found"));
    expect(await scenario.call("Read", { urn, id: "n/settings" })).toEqual({});
  });
});

describe("delete", () => {
  const properties = { ...live(configMap()), __inputs: configMap() };

  test("is done when the object is gone already, or its kind is", async () => {
    await scenario.cluster(() => refusal(404, "NotFound", "not found"));
    expect(await scenario.call("Delete", { urn, id: "n/settings", properties })).toEqual({});
    const gadget = { apiVersion: "example.com/v2", kind: "Gadget", metadata: { name: "g" } };
    expect(
      await scenario.call("Delete", { urn: urnOf("example.com/v2:Gadget"), id: "g", properties: gadget }),
    ).toEqual({});
  });

  test.each([
    [undefined, "Foreground"],
    ["background", "Background"],
    ["orphan", "Orphan"],
  ])("with the annotation %p asks for %s deletion", async (policy, expected) => {
    await scenario.cluster(() => ok({ kind: "Status", apiVersion: "v1", status: "Success" }));
    const annotations = policy === undefined ? {} : { "pulumi.com/deletionPropagationPolicy": policy };
    const state = { ...properties, __inputs: configMap({}, { annotations }) };
    await scenario.call("Delete", { urn, id: "n/settings", properties: state });
    expect(scenario.requests.at(-1)?.body).toMatchObject({ propagationPolicy: expected });
  });

  test("keeps an object in the state that does not go away in time", async () => {
    const stuck = live(
      configMap({}, { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["example.com/hold"] }),
    );
    await scenario.cluster(({ path }) =>
      ok(path.endsWith("/settings") ? stuck : { items: [stuck], metadata: {} }),
    );
    const failed = initFailureOf(
      await failure(scenario.call("Delete", { urn, id: "n/settings", properties, timeout: 1 })),
    );
    expect(failed.id).toBe("n/settings");
    expect(failed.reasons.join("\n")).toMatch(/timed out waiting to be deleted[^]*example\.com\/hold/);
  });
});

test("what is not covered is named", async () => {
  await expect(scenario.call("Invoke", { tok: "kubernetes:yaml:decode" })).rejects.toThrow(
    /kubernetes:yaml:decode is not covered by this stand-in for the kubernetes plugin/,
  );
  await expect(scenario.call("Construct", { type: "kubernetes:helm.sh/v4:Chart" })).rejects.toThrow(
    /kubernetes:helm\.sh\/v4:Chart is not covered/,
  );
});
