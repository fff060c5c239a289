import type { Properties } from "../../src/values";
import type { Answer, SeenRequest } from "./api-server";
import { ApiServer } from "./api-server";
import type { RunningPlugin } from "./plugin";
import { startPlugin } from "./plugin";

export const urnOf = (type: string): string => `urn:pulumi:s::p::kubernetes:${type}::name`;
export const urn = urnOf("core/v1:ConfigMap");

export const configMap = (fields: Properties = {}, metadata: Properties = {}): Properties => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings", namespace: "n", ...metadata },
  ...fields,
});

/** The object as a cluster would keep it. */
export const live = (object: unknown, manager = "pulumi-kubernetes"): Properties => {
  const sent = object as Properties;
  const managedFields = [{ manager, operation: "Update", fieldsV1: { "f:data": {} } }];
  const metadata = { ...(sent["metadata"] as Properties), uid: "1", resourceVersion: "7", managedFields };
  return { ...sent, metadata };
};

/** One plugin and one cluster for every test. */
export class Scenario {
  private running: RunningPlugin | undefined;
  private server: ApiServer | undefined;

  /** Registers the hooks that start and stop both. */
  static forEachTest(): Scenario {
    // Reading the Kubernetes library for the first time takes jest longer than its default.
    jest.setTimeout(60_000);
    const scenario = new Scenario();
    beforeEach(() => scenario.restart());
    afterEach(() => scenario.stop());
    return scenario;
  }

  /** Starts the plugin as the engine does for its next run. */
  async restart(): Promise<void> {
    await this.stop();
    this.running = await startPlugin();
  }

  /** Configures the plugin for a cluster that answers as the function says. */
  async cluster(answer: (request: SeenRequest) => Answer, settings: Properties = {}): Promise<ApiServer> {
    this.server = await ApiServer.start(answer);
    await this.call("Configure", {
      args: { kubeconfig: this.server.kubeconfig, ...settings },
      acceptSecrets: true,
    });
    return this.server;
  }

  call(method: string, request: Properties): Promise<Properties> {
    if (this.running === undefined) {
      throw new Error("the plugin does not run");
    }
    return this.running.call(method, request);
  }

  /** What the cluster was asked. */
  get requests(): readonly SeenRequest[] {
    return this.server?.requests ?? [];
  }

  /** The requests that change something, each with what its query says. */
  get writes(): string[] {
    return this.requests
      .filter(({ method }) => method !== "GET")
      .map(({ method, query }) =>
        [method, ...Object.entries(query).map(([key, value]) => `${key}=${value}`)].join(" "),
      );
  }

  private async stop(): Promise<void> {
    await this.running?.stop();
    await this.server?.stop();
    this.running = undefined;
    this.server = undefined;
  }
}

/** The error of a call that must fail. */
export async function failure(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    return error as Error;
  }
  throw new Error("the call did not fail");
}
