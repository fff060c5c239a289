import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

import type { Properties } from "../src/values";
import { isRecord, valueAt } from "../src/values";
import type { Answer, SeenRequest } from "./support/api-server";
import { ApiServer, kubeconfigFor, ok, refusal } from "./support/api-server";
import type { RunningPlugin } from "./support/plugin";
import { initFailureOf, startPlugin } from "./support/plugin";

// Reading the Kubernetes library for the first time takes jest longer than its default.
jest.setTimeout(60_000);

const secret = (value: unknown): Properties => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});
const urnOf = (type: string): string => `urn:pulumi:s::p::kubernetes:${type}::name`;
const urn = urnOf("core/v1:ConfigMap");
const configMap = (fields: Properties = {}, metadata: Properties = {}): Properties => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings", namespace: "n", ...metadata },
  ...fields,
});
/** The object as a cluster would keep it. */
const live = (object: unknown, manager = "pulumi-kubernetes"): Properties => {
  const sent = object as Properties;
  const managedFields = [{ manager, operation: "Update", fieldsV1: { "f:data": {} } }];
  const metadata = { ...(sent["metadata"] as Properties), uid: "1", resourceVersion: "7", managedFields };
  return { ...sent, metadata };
};
const conflictText = 'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.mode';

let plugin: RunningPlugin;
let api: ApiServer | undefined;

beforeEach(async () => {
  plugin = await startPlugin();
});

afterEach(async () => {
  await plugin.stop();
  await api?.stop();
  api = undefined;
});

/** Configures the plugin for a cluster that answers as the function says. */
async function cluster(
  answer: (request: SeenRequest) => Answer,
  settings: Properties = {},
): Promise<ApiServer> {
  api = await ApiServer.start(answer);
  await plugin.call("Configure", { args: { kubeconfig: api.kubeconfig, ...settings }, acceptSecrets: true });
  return api;
}

function writes(): string[] {
  return (api?.requests ?? [])
    .filter(({ method }) => method !== "GET")
    .map(({ method, query }) =>
      [method, ...Object.entries(query).map(([key, value]) => `${key}=${value}`)].join(" "),
    );
}

async function failure(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    return error as Error;
  }
  throw new Error("the call did not fail");
}

describe("a cluster that can't be reached", () => {
  const configure = (server: string): Promise<Properties> =>
    plugin.call("Configure", { args: { kubeconfig: kubeconfigFor(server) } });

  test("is told with its address by whatever needs it, and does not hinder previews", async () => {
    await configure("http://127.0.0.1:1");
    const properties = configMap({ data: { mode: "a" } });
    expect(await plugin.call("Create", { urn, properties, preview: true })).toEqual({ properties });
    const unreachable =
      /configured Kubernetes cluster is unreachable: cannot reach the Kubernetes API server at http:\/\/127\.0\.0\.1:1: connect ECONNREFUSED/;
    await expect(plugin.call("Create", { urn, properties })).rejects.toThrow(unreachable);
    await expect(
      plugin.call("Read", { urn, id: "n/settings", properties: live(properties) }),
    ).rejects.toThrow(unreachable);
    await expect(
      plugin.call("Delete", { urn, id: "n/settings", properties: live(properties) }),
    ).rejects.toThrow(/PULUMI_K8S_DELETE_UNREACHABLE=true to forget/);
  });

  test("is given up after five seconds when it does not answer at all", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const port = (silent.address() as AddressInfo).port;
    const started = Date.now();
    await configure(`https://127.0.0.1:${port}`);
    await expect(plugin.call("Create", { urn, properties: configMap() })).rejects.toThrow(
      `cannot reach the Kubernetes API server at https://127.0.0.1:${port}: no connection within 5 s`,
    );
    expect(Date.now() - started).toBeLessThan(8_000);
    silent.close();
  });

  test("is forgotten on request", async () => {
    const args = { kubeconfig: kubeconfigFor("http://127.0.0.1:1"), deleteUnreachable: "true" };
    await plugin.call("Configure", { args });
    const properties = live(configMap());
    expect(await plugin.call("Read", { urn, id: "n/settings", properties })).toEqual({});
    expect(await plugin.call("Delete", { urn, id: "n/settings", properties })).toEqual({});
  });
});

describe("create", () => {
  const properties = configMap({ data: { mode: "a" } });

  test("keeps secrets secret, in the inputs as well as in what the cluster answers", async () => {
    await cluster(({ body }) => ok(live(body)));
    const inputs = configMap({ data: { mode: secret("a"), open: "b" } });
    const { properties: state } = await plugin.call("Create", { urn, properties: inputs });
    expect(valueAt(state, "data")).toEqual({ mode: secret("a"), open: "b" });
    expect(valueAt(state, "__inputs", "data")).toEqual({ mode: secret("a"), open: "b" });
    expect(valueAt(api?.requests.at(-1)?.body, "data")).toEqual({ mode: "a", open: "b" });
  });

  test("hides the data of a Secret that the program did not mark", async () => {
    await cluster(({ body }) => ok(live(body)));
    const inputs = { ...configMap({ data: { key: "YQ==" } }), kind: "Secret" };
    const { properties: state } = await plugin.call("Create", {
      urn: urnOf("core/v1:Secret"),
      properties: inputs,
    });
    expect(valueAt(state, "data")).toEqual(secret({ key: "YQ==" }));
  });

  test("tries again while the namespace is about to appear", async () => {
    let refusals = 0;
    await cluster(({ body }) =>
      refusals++ < 2
        ? refusal(404, "NotFound", 'namespaces "n" not found', { kind: "namespaces" })
        : ok(live(body)),
    );
    expect(await plugin.call("Create", { urn, properties })).toMatchObject({ id: "n/settings" });
    expect(writes()).toEqual(Array(3).fill("POST fieldManager=pulumi-kubernetes"));
  });

  test("waits when the server says that it is busy", async () => {
    let busy = true;
    await cluster(({ body }) => {
      const answer: Answer = busy
        ? { code: 429, body: { kind: "Status", message: "busy" }, headers: { "Retry-After": "1" } }
        : ok(live(body));
      busy = false;
      return answer;
    });
    expect(await plugin.call("Create", { urn, properties })).toMatchObject({ id: "n/settings" });
  });

  test("tells what to do about an object that is there already", async () => {
    await cluster(() => refusal(409, "AlreadyExists", 'configmaps "settings" already exists'));
    await expect(plugin.call("Create", { urn, properties })).rejects.toThrow(
      /configmaps "settings" already exists\. Import the object with pulumi import, or give the resource another name/,
    );
  });

  test("takes an existing object over when the provider is told to", async () => {
    await cluster(({ body }) => ok(live(body)), { upsertExistingObjects: "true" });
    await plugin.call("Create", { urn, properties });
    expect(writes()).toEqual([expect.stringMatching(/^PATCH fieldManager=pulumi-kubernetes-[0-9a-f]{8}$/)]);
  });

  test("finds the object after its answer was lost, and creates no second one", async () => {
    let stored: Properties | undefined;
    await cluster(({ method, body }) => {
      if (method === "POST") {
        stored = live(body);
        return "hangUp";
      }
      return stored === undefined ? refusal(404, "NotFound", "not found") : ok(stored);
    });
    expect(await plugin.call("Create", { urn, properties })).toMatchObject({ id: "n/settings" });
    expect(writes()).toHaveLength(1);
  });

  test("creates it again when the lost request had not arrived", async () => {
    let attempts = 0;
    await cluster(({ method, body }) => {
      if (method === "POST") {
        return attempts++ === 0 ? "hangUp" : ok(live(body));
      }
      return refusal(404, "NotFound", "not found");
    });
    expect(await plugin.call("Create", { urn, properties })).toMatchObject({ id: "n/settings" });
  });

  test("remembers an object of which nobody knows whether it exists; the next update settles it", async () => {
    const server = await cluster(({ method }) => {
      if (method === "POST") {
        setImmediate(() => void server.stop());
      }
      return "hangUp";
    });
    const error = await failure(plugin.call("Create", { urn, properties }));
    expect(error.message).toMatch(/may or may not have been created: lost the connection/);
    const { id, properties: olds } = initFailureOf(error);
    expect(id).toBe("n/settings");

    await plugin.stop();
    plugin = await startPlugin();
    await cluster(({ method, body }) =>
      method === "POST" ? ok(live(body)) : refusal(404, "NotFound", "not found"),
    );
    const updated = await plugin.call("Update", { urn, id, olds, news: properties });
    expect(valueAt(updated["properties"], "metadata", "uid")).toBe("1");
  });

  test("keeps an object in the state that did not become ready, with the reasons", async () => {
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "n" },
      spec: { selector: { matchLabels: { app: "web" } } },
    };
    await cluster(({ method, body }) =>
      method === "POST" ? ok(live(body)) : ok({ items: [], metadata: { resourceVersion: "1" } }),
    );
    const request = { urn: urnOf("apps/v1:Deployment"), properties: deployment, timeout: 1 };
    const failed = initFailureOf(await failure(plugin.call("Create", request)));
    expect(failed).toMatchObject({
      id: "n/web",
      properties: { __inputs: deployment, metadata: { uid: "1" } },
    });
    expect(failed.reasons[0]).toMatch(
      /^resource "urn:.*" was successfully created, but the Kubernetes API server reported that it failed to fully initialize/,
    );
    expect(failed.reasons.length).toBeGreaterThan(1);
  });

  test("skips the wait where the object says so", async () => {
    const job = {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "j", namespace: "n", annotations: { "pulumi.com/skipAwait": "true" } },
    };
    await cluster(({ body }) => ok(live(body)));
    expect(await plugin.call("Create", { urn: urnOf("batch/v1:Job"), properties: job })).toMatchObject({
      id: "n/j",
    });
  });

  test("says which kind is missing in a preview that can't know, and previews it as written", async () => {
    await cluster(() => refusal(404, "NotFound", "not found"));
    const gadget = { apiVersion: "example.com/v2", kind: "Gadget", metadata: { name: "g" } };
    const request = { urn: urnOf("example.com/v2:Gadget"), properties: gadget, preview: true };
    expect(await plugin.call("Create", request)).toEqual({ properties: gadget });
  });
});

describe("update", () => {
  const news = configMap({ data: { mode: "b" } });
  const state = (object = live(configMap({ data: { mode: "a" } }))): Properties => ({
    ...object,
    __inputs: configMap({ data: { mode: "a" } }),
    __fieldManager: "pulumi-kubernetes-12345678",
    __initialApiVersion: "v1",
  });
  const update = (more: Properties = {}): Promise<Properties> =>
    plugin.call("Update", { urn, id: "n/settings", olds: state(), news, ...more });

  test("takes over what the provider created, then applies", async () => {
    await cluster(({ method, body }) => ok(method === "GET" || Array.isArray(body) ? state() : live(body)));
    const { properties } = await update();
    expect(writes()).toEqual(["PATCH", "PATCH fieldManager=pulumi-kubernetes-12345678"]);
    expect(properties).toMatchObject({ data: { mode: "b" }, __fieldManager: "pulumi-kubernetes-12345678" });
  });

  test("names the manager with whom it conflicts", async () => {
    await cluster(({ method }) =>
      method === "GET" ? ok(live(configMap(), "kubectl-edit")) : refusal(409, "Conflict", conflictText),
    );
    await expect(update()).rejects.toThrow(
      `${conflictText}. Leave the fields out of the program, or take them over with the annotation pulumi.com/patchForce: "true"`,
    );
  });

  test("overrules other managers where the object says so", async () => {
    await cluster(({ method, body }) =>
      ok(method === "GET" ? live(configMap(), "kubectl-edit") : live(body)),
    );
    await update({ news: configMap({ data: {} }, { annotations: { "pulumi.com/patchForce": "true" } }) });
    expect(writes()).toEqual(["PATCH fieldManager=pulumi-kubernetes-12345678 force=true"]);
  });

  test("leaves ignored fields to the manager that owns them", async () => {
    const scaled = { ...live(configMap({ data: { mode: "theirs" } }), "autoscaler") };
    scaled["metadata"] = {
      ...(scaled["metadata"] as Properties),
      managedFields: [
        { manager: "autoscaler", operation: "Update", fieldsV1: { "f:data": { "f:mode": {} } } },
      ],
    };
    await cluster(({ method, body }) => ok(method === "GET" ? scaled : live(body)));
    await update({ ignoreChanges: ["data.mode"] });
    expect(valueAt(api?.requests.at(-1)?.body, "data")).toEqual({});
  });

  test("works without server-side apply, and removes what the program no longer says", async () => {
    await cluster(({ method, body }) => ok(method === "GET" ? state() : { ...live(news), patch: body }), {
      enableServerSideApply: "false",
    });
    await update({ news: configMap({ binaryData: { mode: "b" } }) });
    expect(api?.requests.at(-1)?.body).toEqual({ binaryData: { mode: "b" }, data: null });
  });

  test("says that an object is gone", async () => {
    await cluster(() => refusal(404, "NotFound", "not found"));
    await expect(update()).rejects.toThrow(/it no longer exists in the cluster; run pulumi refresh/);
  });

  test("replaces a CRD as a whole, at the version it read", async () => {
    const crd = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "c" },
    };
    const status = { conditions: [{ type: "Established", status: "True" }] };
    await cluster(({ method, body }) => ok({ ...live(method === "GET" ? crd : body), status }));
    const olds = { ...live(crd), __inputs: crd, __fieldManager: "m" };
    await plugin.call("Update", {
      urn: urnOf("apiextensions.k8s.io/v1:CustomResourceDefinition"),
      id: "c",
      olds,
      news: crd,
    });
    expect(writes()).toEqual(["PUT fieldManager=m"]);
    expect(
      valueAt(api?.requests.find(({ method }) => method === "PUT")?.body, "metadata", "resourceVersion"),
    ).toBe("7");
  });
});

describe("read", () => {
  test("imports an object by its id, without what only the cluster says", async () => {
    const found = live(configMap({ data: { mode: "a" }, status: {} }));
    await cluster(({ path }) =>
      path.endsWith("/namespaces/n/configmaps/settings") ? ok(found) : refusal(404, "", ""),
    );
    const { id, inputs, properties } = await plugin.call("Read", { urn, id: "n/settings" });
    expect(id).toBe("n/settings");
    expect(inputs).toEqual(configMap({ data: { mode: "a" } }));
    expect(isRecord(properties) && properties["__inputs"]).toEqual(inputs);
  });

  test("shows drift only in fields that the program sets", async () => {
    await cluster(() => ok(live(configMap({ data: { mode: "drifted", other: "x" }, immutable: false }))));
    const inputs = configMap({ data: { mode: "a" } });
    const properties = { ...live(inputs), __inputs: inputs, __fieldManager: "m" };
    const read = await plugin.call("Read", { urn, id: "n/settings", inputs, properties });
    expect(read["inputs"]).toEqual(configMap({ data: { mode: "drifted" } }));
    expect(read["properties"]).toMatchObject({ data: { mode: "drifted", other: "x" }, __fieldManager: "m" });
  });

  test("answers with nothing where the object is gone", async () => {
    await cluster(() => refusal(404, "NotFound", "not found"));
    expect(await plugin.call("Read", { urn, id: "n/settings" })).toEqual({});
  });
});

describe("delete", () => {
  const properties = { ...live(configMap()), __inputs: configMap() };

  test("is done when the object is gone already, or its kind is", async () => {
    await cluster(() => refusal(404, "NotFound", "not found"));
    expect(await plugin.call("Delete", { urn, id: "n/settings", properties })).toEqual({});
    const gadget = { apiVersion: "example.com/v2", kind: "Gadget", metadata: { name: "g" } };
    expect(
      await plugin.call("Delete", { urn: urnOf("example.com/v2:Gadget"), id: "g", properties: gadget }),
    ).toEqual({});
  });

  test.each([
    [undefined, "Foreground"],
    ["background", "Background"],
    ["orphan", "Orphan"],
  ])("with the annotation %p asks for %s deletion", async (policy, expected) => {
    await cluster(() => ok({ kind: "Status", apiVersion: "v1", status: "Success" }));
    const annotations = policy === undefined ? {} : { "pulumi.com/deletionPropagationPolicy": policy };
    const state = { ...properties, __inputs: configMap({}, { annotations }) };
    await plugin.call("Delete", { urn, id: "n/settings", properties: state });
    expect(api?.requests.at(-1)?.body).toMatchObject({ propagationPolicy: expected });
  });

  test("keeps an object in the state that does not go away in time", async () => {
    const stuck = live(
      configMap({}, { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["example.com/hold"] }),
    );
    await cluster(({ path }) => ok(path.endsWith("/settings") ? stuck : { items: [stuck], metadata: {} }));
    const failed = initFailureOf(
      await failure(plugin.call("Delete", { urn, id: "n/settings", properties, timeout: 1 })),
    );
    expect(failed.id).toBe("n/settings");
    expect(failed.reasons.join("\n")).toMatch(/timed out waiting to be deleted[^]*example\.com\/hold/);
  });
});

test("what is not covered is named", async () => {
  await expect(plugin.call("Invoke", { tok: "kubernetes:yaml:decode" })).rejects.toThrow(
    /kubernetes:yaml:decode is not covered by this stand-in for the kubernetes plugin/,
  );
  await expect(plugin.call("Construct", { type: "kubernetes:helm.sh/v4:Chart" })).rejects.toThrow(
    /kubernetes:helm\.sh\/v4:Chart is not covered/,
  );
});
