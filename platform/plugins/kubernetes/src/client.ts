import type {
  KubernetesObject,
  ListReference,
  ObjectList,
  ObjectReader,
  ObjectReference,
  WatchEventType,
} from "./await/types";
import { Discovery } from "./discovery";
import { ApiError, NoMatchError, isApiError } from "./errors";
import type { ApiConnection, ApiRequest } from "./http";
import { formatApiVersion, parseApiVersion } from "./kinds";
import { asKubernetesObject } from "./objects";
import { isRecord, stringAt, valueAt } from "./values";

/** How a write is to be recorded. */
export interface WriteOptions {
  /** Who owns the written fields. */
  readonly fieldManager?: string;
  /** Lets the API server work out the result without keeping it. */
  readonly dryRun?: boolean;
  /** Takes over fields that other managers own. */
  readonly force?: boolean;
}

/** The formats in which an object can be patched. */
export const patchTypes = {
  apply: "application/apply-patch+yaml",
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
} as const;

/** Reads and writes objects of any kind in one cluster. */
export class ClusterClient implements ObjectReader {
  readonly discovery: Discovery;

  constructor(
    private readonly connection: ApiConnection,
    private readonly signal: AbortSignal,
  ) {
    this.discovery = new Discovery(connection, signal);
  }

  /** The object, or undefined where it, or its kind, is not there. */
  async get(ref: ObjectReference): Promise<KubernetesObject | undefined> {
    try {
      return asKubernetesObject(await this.call(ref, { method: "GET" }));
    } catch (error) {
      if (isApiError(error, 404) || error instanceof NoMatchError) {
        return undefined;
      }
      throw error;
    }
  }

  async list(ref: ListReference): Promise<ObjectList> {
    const answer = await this.connection.request({
      method: "GET",
      path: await this.path(ref),
      query: { labelSelector: ref.labelSelector, fieldSelector: ref.fieldSelector },
      signal: this.signal,
    });
    const items = valueAt(answer, "items");
    return {
      // Items of a list come without the apiVersion and kind that the list as a whole has.
      items: (Array.isArray(items) ? items : []).map((item) =>
        asKubernetesObject({ apiVersion: ref.apiVersion, kind: ref.kind, ...(isRecord(item) ? item : {}) }),
      ),
      resourceVersion: stringAt(answer, "metadata", "resourceVersion"),
    };
  }

  async watch(
    ref: ListReference,
    resourceVersion: string | undefined,
    onEvent: (type: WatchEventType, object: KubernetesObject) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const path = await this.path(ref);
    const { labelSelector, fieldSelector } = ref;
    const request: ApiRequest = {
      method: "GET",
      path,
      query: { watch: "true", resourceVersion, labelSelector, fieldSelector },
      signal,
    };
    try {
      await this.connection.stream(request, (line) => {
        const event: unknown = JSON.parse(line);
        const type = stringAt(event, "type");
        const object = valueAt(event, "object");
        if (type === "ADDED" || type === "MODIFIED" || type === "DELETED") {
          onEvent(type, asKubernetesObject(object));
        } else if (type === "ERROR") {
          throw new ApiError(
            Number(valueAt(object, "code")),
            stringAt(object, "reason"),
            stringAt(object, "message"),
          );
        }
      });
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    }
  }

  /** Creates an object; fails where it exists. */
  async create(object: KubernetesObject, options: WriteOptions): Promise<KubernetesObject> {
    const answer = await this.connection.request({
      method: "POST",
      path: await this.path(referenceOf(object)),
      query: queryOf(options),
      body: object,
      signal: this.signal,
    });
    return asKubernetesObject(answer);
  }

  /** Writes the whole object over the one that is there. */
  async replace(object: KubernetesObject, options: WriteOptions): Promise<KubernetesObject> {
    const answer = await this.call(referenceOf(object), {
      method: "PUT",
      query: queryOf(options),
      body: object,
    });
    return asKubernetesObject(answer);
  }

  /** Changes a part of an object. */
  async patch(
    ref: ObjectReference,
    contentType: (typeof patchTypes)[keyof typeof patchTypes],
    patch: unknown,
    options: WriteOptions,
  ): Promise<KubernetesObject> {
    const answer = await this.call(ref, {
      method: "PATCH",
      contentType,
      query: queryOf(options),
      body: patch,
    });
    return asKubernetesObject(answer);
  }

  /** Deletes an object; answers with it when it still has to be taken down. */
  async delete(ref: ObjectReference, propagationPolicy: string): Promise<KubernetesObject | undefined> {
    const answer = await this.call(ref, {
      method: "DELETE",
      body: { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy },
    });
    return stringAt(answer, "kind") === ref.kind ? asKubernetesObject(answer) : undefined;
  }

  private async call(ref: ObjectReference, request: Omit<ApiRequest, "path" | "signal">): Promise<unknown> {
    const path = `${await this.path(ref)}/${encodeURIComponent(ref.name)}`;
    return this.connection.request({ ...request, path, signal: this.signal });
  }

  private async path(ref: ListReference): Promise<string> {
    const { plural, namespaced } = await this.discovery.resolve(ref.apiVersion, ref.kind);
    const version = formatApiVersion(parseApiVersion(ref.apiVersion));
    const root = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
    const namespace =
      namespaced && ref.namespace !== undefined ? `/namespaces/${encodeURIComponent(ref.namespace)}` : "";
    return `${root}${namespace}/${plural}`;
  }
}

/** How to find an object again. */
export function referenceOf(object: KubernetesObject): ObjectReference {
  const { apiVersion, kind, metadata } = object;
  // A namespaced object without a namespace is in "default"; kinds without namespaces ignore it.
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace ?? "default" };
}

function queryOf(options: WriteOptions): Record<string, string | undefined> {
  return {
    fieldManager: options.fieldManager,
    dryRun: options.dryRun === true ? "All" : undefined,
    force: options.force === true ? "true" : undefined,
  };
}
