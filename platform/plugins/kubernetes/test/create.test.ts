import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

import type { Properties } from "../src/values";
import { valueAt } from "../src/values";
import type { Answer } from "./support/api-server";
import { kubeconfigFor, ok, refusal } from "./support/api-server";
import { initFailureOf } from "./support/plugin";
import { Scenario, configMap, failure, live, urn, urnOf } from "./support/scenario";

const scenario = Scenario.forEachTest();
const secret = (value: unknown): Properties => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

describe("a cluster that can't be reached", () => {
  const configure = (server: string): Promise<Properties> =>
    scenario.call("Configure", { args: { kubeconfig: kubeconfigFor(server) } });

  test("is told with its address by whatever needs it, and does not hinder previews", async () => {
    await configure("http://127.0.0.1:1");
    const properties = configMap({ data: { mode: "a" } });
    expect(await scenario.call("Create", { urn, properties, preview: true })).toEqual({ properties });
    const unreachable =
      /configured Kubernetes cluster is unreachable: cannot reach the Kubernetes API server at http:\/\/127\.0\.0\.1:1: connect ECONNREFUSED/;
    await expect(scenario.call("Create", { urn, properties })).rejects.toThrow(unreachable);
    await expect(
      scenario.call("Read", { urn, id: "n/settings", properties: live(properties) }),
    ).rejects.toThrow(unreachable);
    await expect(
      scenario.call("Delete", { urn, id: "n/settings", properties: live(properties) }),
    ).rejects.toThrow(/PULUMI_K8S_DELETE_UNREACHABLE=true to forget/);
  });

  test("is given up after five seconds when it does not answer at all", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const port = (silent.address() as AddressInfo).port;
    const started = Date.now();
    await configure(`https://127.0.0.1:${port}`);
    await expect(scenario.call("Create", { urn, properties: configMap() })).rejects.toThrow(
      `cannot reach the Kubernetes API server at https://127.0.0.1:${port}: no connection within 5 s`,
    );
    expect(Date.now() - started).toBeLessThan(8_000);
    silent.close();
  });

  test("is forgotten on request", async () => {
    const args = { kubeconfig: kubeconfigFor("http://127.0.0.1:1"), deleteUnreachable: "true" };
    await scenario.call("Configure", { args });
    const properties = live(configMap());
    expect(await scenario.call("Read", { urn, id: "n/settings", properties })).toEqual({});
    expect(await scenario.call("Delete", { urn, id: "n/settings", properties })).toEqual({});
  });
});

describe("create", () => {
  const properties = configMap({ data: { mode: "a" } });

  test("keeps secrets secret, in the inputs as well as in what the cluster answers", async () => {
    await scenario.cluster(({ body }) => ok(live(body)));
    const inputs = configMap({ data: { mode: secret("a"), open: "b" } });
    const { properties: state } = await scenario.call("Create", { urn, properties: inputs });
    expect(valueAt(state, "data")).toEqual({ mode: secret("a"), open: "b" });
    expect(valueAt(state, "__inputs", "data")).toEqual({ mode: secret("a"), open: "b" });
    expect(valueAt(scenario.requests.at(-1)?.body, "data")).toEqual({ mode: "a", open: "b" });
  });

  test("hides the data of a Secret that the program did not mark", async () => {
    await scenario.cluster(({ body }) => ok(live(body)));
    const inputs = { ...configMap({ data: { key: "YQ==" } }), kind: "Secret" };
    const { properties: state } = await scenario.call("Create", {
      urn: urnOf("core/v1:Secret"),
      properties: inputs,
    });
    expect(valueAt(state, "data")).toEqual(secret({ key: "YQ==" }));
  });

  test("tries again while the namespace is about to appear", async () => {
    let refusals = 0;
    await scenario.cluster(({ body }) =>
      refusals++ < 2
        ? refusal(404, "NotFound", 'namespaces "n" not found', { kind: "namespaces" })
        : ok(live(body)),
    );
    expect(await scenario.call("Create", { urn, properties })).toMatchObject({ id: "n/settings" });
    expect(scenario.writes).toEqual(Array(3).fill("POST fieldManager=pulumi-kubernetes"));
  });

  test("waits when the server says that it is busy", async () => {
    let busy = true;
    await scenario.cluster(({ body }) => {
      const answer: Answer = busy
        ? { code: 429, body: { kind: "Status", message: "busy" }, headers: { "Retry-After": "1" } }
        : ok(live(body));
      busy = false;
      return answer;
    });
    expect(await scenario.call("Create", { urn, properties })).toMatchObject({ id: "n/settings" });
  });

  test("tells what to do about an object that is there already", async () => {
    await scenario.cluster(() => refusal(409, "AlreadyExists", 'configmaps "settings" already exists'));
    await expect(scenario.call("Create", { urn, properties })).rejects.toThrow(
      /configmaps "settings" already exists\. Import the object with pulumi import, or give the resource another name/,
    );
  });

  test("takes an existing object over when the provider is told to", async () => {
    await scenario.cluster(({ body }) => ok(live(body)), { upsertExistingObjects: "true" });
    await scenario.call("Create", { urn, properties });
    expect(scenario.writes).toEqual([
      expect.stringMatching(/^PATCH fieldManager=pulumi-kubernetes-[0-9a-f]{8}$/),
    ]);
  });

  test("finds the object after its answer was lost, and creates no second one", async () => {
    let stored: Properties | undefined;
    await scenario.cluster(({ method, body }) => {
      if (method === "POST") {
        stored = live(body);
        return "hangUp";
      }
      return stored === undefined ? refusal(404, "NotFound", "not found") : ok(stored);
    });
    expect(await scenario.call("Create", { urn, properties })).toMatchObject({ id: "n/settings" });
    expect(scenario.writes).toHaveLength(1);
  });

  test("creates it again when the lost request had not arrived", async () => {
    let attempts = 0;
    await scenario.cluster(({ method, body }) => {
      if (method === "POST") {
        return attempts++ === 0 ? "hangUp" : ok(live(body));
      }
      return refusal(404, "NotFound", "not found");
    });
    expect(await scenario.call("Create", { urn, properties })).toMatchObject({ id: "n/settings" });
  });

  test("remembers an object of which nobody knows whether it exists; the next update settles it", async () => {
    const server = await scenario.cluster(({ method }) => {
      if (method === "POST") {
        setImmediate(() => void server.stop());
      }
      return "hangUp";
    });
    const error = await failure(scenario.call("Create", { urn, properties }));
    expect(error.message).toMatch(/may or may not have been created: lost the connection/);
    const { id, properties: olds } = initFailureOf(error);
    expect(id).toBe("n/settings");

    await scenario.restart();
    await scenario.cluster(({ method, body }) =>
      method === "POST" ? ok(live(body)) : refusal(404, "NotFound", "not found"),
    );
    const updated = await scenario.call("Update", { urn, id, olds, news: properties });
    expect(valueAt(updated["properties"], "metadata", "uid")).toBe("1");
  });

  test("keeps an object in the state that did not become ready, with the reasons", async () => {
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "n" },
      spec: { selector: { matchLabels: { app: "web" } } },
    };
    await scenario.cluster(({ method, body }) =>
      method === "POST" ? ok(live(body)) : ok({ items: [], metadata: { resourceVersion: "1" } }),
    );
    const request = { urn: urnOf("apps/v1:Deployment"), properties: deployment, timeout: 1 };
    const failed = initFailureOf(await failure(scenario.call("Create", request)));
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
    await scenario.cluster(({ body }) => ok(live(body)));
    expect(await scenario.call("Create", { urn: urnOf("batch/v1:Job"), properties: job })).toMatchObject({
      id: "n/j",
    });
  });

  test("says which kind is missing in a preview that can't know, and previews it as written", async () => {
    await scenario.cluster(() => refusal(404, "NotFound", "not found"));
    const gadget = { apiVersion: "example.com/v2", kind: "Gadget", metadata: { name: "g" } };
    const request = { urn: urnOf("example.com/v2:Gadget"), properties: gadget, preview: true };
    expect(await scenario.call("Create", request)).toEqual({ properties: gadget });
  });
});
