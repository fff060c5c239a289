import { decode, isRecord, stringAt, stripSecrets, valueAt } from "../src/values";
import type { Properties } from "../src/values";
import type { Answer, SeenRequest } from "./support/api-server";
import { ApiServer, ok, pathOf, refusal } from "./support/api-server";
import type { RunningPlugin } from "./support/plugin";
import { startPlugin } from "./support/plugin";
import type { RecordedCall } from "./support/recordings";
import { recordedCalls, recordedRuns } from "./support/recordings";

// Reading the Kubernetes library for the first time takes jest longer than its default.
jest.setTimeout(60_000);

/**
 * Every call that the engine made to the official provider, made to this one. Where a call needs the cluster, a server
 * answers with the objects that the recorded answers hold.
 */
describe.each(recordedRuns)("the recorded run %s", (run) => {
  const calls = recordedCalls(run).filter(({ method }) => method !== "GetPluginInfo");
  let plugin: RunningPlugin;
  let api: ApiServer;
  let current: RecordedCall | undefined;

  beforeAll(async () => {
    api = await ApiServer.start((request) => clusterAnswer(current, request));
    plugin = await startPlugin();
  });

  afterAll(async () => {
    await plugin.stop();
    await api.stop();
  });

  test.each(calls.map((call, index) => [index, call.method, nameOf(call), call] as const))(
    "%i %s %s",
    async (_index, method, _name, call) => {
      current = call;
      const response = await plugin.call(
        method,
        method === "Configure" ? here(call.request, api) : call.request,
      );
      expect(comparable(response)).toEqual(comparable(expected(call)));
      if (method === "Cancel") {
        // The engine ends the plugin; what follows was said to the next one.
        await plugin.stop();
        plugin = await startPlugin();
      }
    },
  );
});

function nameOf({ request }: RecordedCall): string {
  return stringAt(request, "urn").split("::").slice(2).join(" ");
}

/** The recorded configuration, for the test's server in place of the recorded one. */
function here(request: Properties, api: ApiServer): Properties {
  const kubeconfig = request["variables"] === undefined ? "{}" : api.kubeconfig;
  return { ...request, args: { kubeconfig }, variables: { "kubernetes:config:kubeconfig": kubeconfig } };
}

/** What the cluster said to the official provider while it worked on the call. */
function clusterAnswer(call: RecordedCall | undefined, request: SeenRequest): Answer {
  const object = liveObject(call);
  if (call === undefined || object === undefined) {
    return refusal(404, "NotFound", "namespaces not found", { kind: "namespaces" });
  }
  switch (request.method) {
    case "DELETE":
      return ok({ kind: "Status", apiVersion: "v1", status: "Success" });
    case "GET":
      return request.path === pathOf(object)
        ? ok(object)
        : ok({ items: relatedTo(object, request.path), metadata: { resourceVersion: "1" } });
    default:
      return ok(object);
  }
}

/** The objects by which a workload or a Service is seen to be ready. */
function relatedTo(object: Properties, path: string): Properties[] {
  const metadata = { name: "related", namespace: valueAt(object, "metadata", "namespace") };
  if (object["kind"] === "Deployment" && path.endsWith("/replicasets")) {
    const replicas = valueAt(object, "spec", "replicas");
    const annotations = valueAt(object, "metadata", "annotations");
    const ownerReferences = [{ uid: valueAt(object, "metadata", "uid") }];
    const owned = { ...metadata, annotations, ownerReferences };
    return [{ metadata: owned, spec: { replicas }, status: { replicas, readyReplicas: replicas } }];
  }
  if (object["kind"] === "Service" && path.endsWith("/endpointslices")) {
    const labels = { "kubernetes.io/service-name": valueAt(object, "metadata", "name") };
    return [
      {
        metadata: { ...metadata, labels },
        endpoints: [{ addresses: ["198.18.0.2"], conditions: { ready: true } }],
      },
    ];
  }
  return [];
}

function liveObject(call: RecordedCall | undefined): Properties | undefined {
  const properties = call?.method === "Delete" ? call.request["properties"] : call?.response["properties"];
  const live = stripSecrets(decode(properties));
  if (!isRecord(live) || live["__inputs"] === undefined) {
    return undefined;
  }
  const object = Object.fromEntries(Object.entries(live).filter(([key]) => !key.startsWith("__")));
  return object["kind"] === "CustomResourceDefinition" ? { ...object, status: establishedStatus } : object;
}

/** The official provider does not wait for a CRD to be served, and keeps its first status; this one waits. */
const establishedStatus = { conditions: [{ type: "Established", status: "True" }] };

/** The recorded answer, with enumerations as the numbers that the wire has. */
function expected({ response }: RecordedCall): Properties {
  const kinds = ["ADD", "ADD_REPLACE", "DELETE", "DELETE_REPLACE", "UPDATE", "UPDATE_REPLACE"];
  const { changes, detailedDiff, ...rest } = response;
  return {
    ...rest,
    ...(changes === undefined
      ? {}
      : { changes: ["DIFF_UNKNOWN", "DIFF_NONE", "DIFF_SOME"].findIndex((name) => name === changes) }),
    ...(isRecord(detailedDiff)
      ? {
          detaileddiff: Object.fromEntries(
            Object.entries(detailedDiff).map(([path, detail]) => [
              path,
              {
                kind: kinds.indexOf(stringAt(detail, "kind") || "ADD"),
                inputdiff: valueAt(detail, "inputDiff") ?? false,
              },
            ]),
          ),
        }
      : {}),
  };
}

/** Field names in lower case, and a placeholder for the field managers that are drawn by lot. */
function comparable(response: Properties): Properties {
  const entries = Object.entries(response).map(([key, value]) => [
    key.toLowerCase(),
    withoutCrdStatus(value),
  ]);
  const text = JSON.stringify(Object.fromEntries(entries)).replaceAll(
    /("__fieldManager":"pulumi-kubernetes-)[0-9a-f]{8}"/g,
    '$1********"',
  );
  return JSON.parse(text) as Properties;
}

function withoutCrdStatus(value: unknown): unknown {
  if (!isRecord(value) || value["kind"] !== "CustomResourceDefinition") {
    return value;
  }
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== "status"));
}
