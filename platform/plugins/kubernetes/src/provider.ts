import type { Cluster } from "./cluster";
import { canPreview, connect, isNamespaced, requireClient } from "./cluster";
import { checkResource } from "./check";
import type { Settings } from "./config";
import { readSettings } from "./config";
import { createResource, previewCreate } from "./create";
import { deleteResource } from "./delete";
import type { ResourceDiff } from "./diff";
import { diffResource } from "./diff";
import type { Engine, ResourceLog } from "./engine";
import type { Autonaming } from "./naming";
import { isPatchResource } from "./kinds";
import { asKubernetesObject, gvkOf, isCrd, toObject } from "./objects";
import type { Operation } from "./operation";
import type { ReadInput, ReadResult } from "./read";
import { readResource } from "./read";
import type { UpdateInput } from "./update";
import { previewUpdate, updateResource } from "./update";
import type { Properties } from "./values";
import { containsUnknown } from "./values";

/** Which resource a request is about, and how long it may take. */
export interface ResourceRequest {
  readonly urn: string;
  /** @default 0, the kind's own time */
  readonly timeoutSeconds?: number;
  readonly preview?: boolean;
}

/** The kubernetes provider, free of its wire format. */
export class KubernetesProvider {
  private readonly cancelled = new AbortController();
  private configured: { readonly settings: Settings; readonly cluster: Promise<Cluster> } | undefined;

  constructor(private readonly engine: Engine) {}

  /** Takes the settings and starts looking for the cluster; whoever needs it waits for the answer. */
  configure(inputs: Properties): void {
    const settings = readSettings(inputs);
    this.configured = { settings, cluster: connect(settings, this.cancelled.signal) };
  }

  /** Ends every operation that is under way. */
  cancel(): void {
    this.cancelled.abort();
  }

  async check(
    request: ResourceRequest,
    inputs: {
      readonly olds: Properties;
      readonly news: Properties;
      readonly randomSeed: Uint8Array;
      readonly autonaming: Autonaming | undefined;
    },
  ): Promise<Properties> {
    const { settings, cluster } = await this.ready();
    if (!cluster.reachable && settings.skipUpdateUnreachable && Object.keys(inputs.olds).length > 0) {
      return inputs.olds;
    }
    return this.logged(request.urn, (log) =>
      checkResource({ ...inputs, urn: request.urn, serverSideApply: settings.serverSideApply, cluster, log }),
    );
  }

  async diff(
    request: ResourceRequest,
    input: {
      readonly olds: Properties;
      readonly news: Properties;
      readonly ignoreChanges: readonly string[];
    },
  ): Promise<ResourceDiff> {
    const { settings, cluster } = await this.ready();
    return diffResource({
      ...input,
      urn: request.urn,
      mutable: { configMaps: settings.configMapsMutable, secrets: settings.secretsMutable },
      namespaced: await isNamespaced(cluster, gvkOf(toObject(input.news))),
    });
  }

  /** A preview answers with the inputs where the cluster can't say more, and never with an id. */
  async create(request: ResourceRequest, properties: Properties): Promise<{ id: string; state: Properties }> {
    const { settings, cluster } = await this.ready();
    const object = toObject(properties);
    if (request.preview === true) {
      const possible = settings.serverSideApply && !isPatchResource(request.urn, gvkOf(object).kind);
      const state =
        possible && (await this.canPreview(cluster, properties))
          ? await this.operate(request, (operation) => previewCreate(operation, properties))
          : undefined;
      return { id: "", state: state ?? properties };
    }
    const created = await this.operate(request, (operation) => createResource(operation, properties));
    if (isCrd(object)) {
      requireClient(cluster).discovery.declare(asKubernetesObject(object));
    }
    return created;
  }

  async update(request: ResourceRequest, input: UpdateInput): Promise<Properties> {
    const { cluster } = await this.ready();
    if (request.preview === true) {
      const state = (await this.canPreview(cluster, input.news))
        ? await this.operate(request, (operation) => previewUpdate(operation, input))
        : undefined;
      return state ?? input.news;
    }
    return this.operate(request, (operation) => updateResource(operation, input));
  }

  /** Undefined where the object no longer exists. */
  async read(request: ResourceRequest, input: ReadInput): Promise<ReadResult | undefined> {
    const { settings, cluster } = await this.ready();
    if (!cluster.reachable && settings.deleteUnreachable) {
      return undefined;
    }
    if (!cluster.reachable && settings.skipUpdateUnreachable) {
      return input;
    }
    return this.operate(request, (operation) => readResource(operation, input));
  }

  async delete(request: ResourceRequest, id: string, state: Properties): Promise<void> {
    const { settings, cluster } = await this.ready();
    if (!cluster.reachable && settings.deleteUnreachable) {
      return;
    }
    if (!cluster.reachable) {
      throw new Error(
        `configured Kubernetes cluster is unreachable: ${cluster.reason}. If the cluster is gone for good, ` +
          "set PULUMI_K8S_DELETE_UNREACHABLE=true to forget its resources",
      );
    }
    await this.operate(request, (operation) => deleteResource(operation, id, state));
  }

  private async canPreview(cluster: Cluster, inputs: Properties): Promise<boolean> {
    return !containsUnknown(inputs) && (await canPreview(cluster, gvkOf(toObject(inputs))));
  }

  private async ready(): Promise<{ readonly settings: Settings; readonly cluster: Cluster }> {
    if (this.configured === undefined) {
      throw new Error("the provider got a resource before its configuration");
    }
    return { settings: this.configured.settings, cluster: await this.configured.cluster };
  }

  private async operate<T>(request: ResourceRequest, act: (operation: Operation) => Promise<T>): Promise<T> {
    const { settings, cluster } = await this.ready();
    const client = requireClient(cluster);
    return this.logged(request.urn, (log) =>
      act({
        urn: request.urn,
        client,
        log,
        signal: this.cancelled.signal,
        timeoutSeconds: request.timeoutSeconds ?? 0,
        serverSideApply: settings.serverSideApply,
        patchForce: settings.patchForce,
        upsertExistingObjects: settings.upsertExistingObjects,
      }),
    );
  }

  /** What was logged must be there before the answer is: the engine drops what comes later. */
  private async logged<T>(urn: string, act: (log: ResourceLog) => Promise<T>): Promise<T> {
    const log = this.engine.log(urn);
    try {
      return await act(log);
    } finally {
      await log.flushed();
    }
  }
}
