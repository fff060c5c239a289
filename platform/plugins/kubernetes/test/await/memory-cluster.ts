import { ApiError } from "../../src/errors";
import { valueAt } from "../../src/values";
import type {
  KubernetesObject,
  ListReference,
  ObjectList,
  ObjectReader,
  ObjectReference,
  WatchEventType,
} from "../../src/await";

interface Watcher {
  readonly ref: ListReference;
  readonly onEvent: (type: WatchEventType, object: KubernetesObject) => void;
  readonly end: (error?: Error) => void;
}

/** Calls that can be made to fail. */
export type Verb = "get" | "list" | "watch";

/** A cluster in memory: keeps objects, answers lists and tells watchers, and fails where a test says so. */
export class MemoryCluster implements ObjectReader {
  readonly calls: string[] = [];
  private readonly objects = new Map<string, KubernetesObject>();
  private readonly watchers = new Set<Watcher>();
  private readonly failures = new Map<string, Error>();
  private version = 100;

  /** How many watches are open now. */
  get openWatches(): number {
    return this.watchers.size;
  }

  /** Creates or changes objects. */
  put(...objects: KubernetesObject[]): void {
    for (const object of objects) {
      this.version += 1;
      const stored = structuredClone(object);
      stored.metadata.resourceVersion = String(this.version);
      const type = this.objects.has(keyOf(stored)) ? "MODIFIED" : "ADDED";
      this.objects.set(keyOf(stored), stored);
      this.tell(type, stored);
    }
  }

  /** Removes an object, telling watchers. */
  remove(object: KubernetesObject): void {
    this.objects.delete(keyOf(object));
    this.tell("DELETED", object);
  }

  /** Changes or removes objects while nobody is told, as when a connection has died. */
  silently(change: (cluster: MemoryCluster) => void): void {
    const deaf = [...this.watchers];
    this.watchers.clear();
    change(this);
    for (const watcher of deaf) this.watchers.add(watcher);
  }

  /** Makes every call of a verb on a kind fail until the error is taken back. */
  fail(verb: Verb, kind: string, error: Error | undefined): void {
    if (error === undefined) this.failures.delete(`${verb} ${kind}`);
    else this.failures.set(`${verb} ${kind}`, error);
  }

  /** Ends all open watches, as a server does from time to time, or with an error. */
  endWatches(error?: Error): void {
    for (const watcher of this.watchers) watcher.end(error);
  }

  async get(ref: ObjectReference): Promise<KubernetesObject | undefined> {
    await this.answer("get", ref.kind);
    const found = [...this.objects.values()].find(
      (object) => isAt(object, ref) && object.metadata.name === ref.name,
    );
    return structuredClone(found);
  }

  async list(ref: ListReference): Promise<ObjectList> {
    await this.answer("list", ref.kind);
    const items = [...this.objects.values()].filter((object) => isListed(object, ref));
    return { items: structuredClone(items), resourceVersion: String(this.version) };
  }

  async watch(
    ref: ListReference,
    _resourceVersion: string | undefined,
    onEvent: (type: WatchEventType, object: KubernetesObject) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const entry: Watcher = {
        ref,
        onEvent,
        end: (error) => {
          this.watchers.delete(entry);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      signal.addEventListener("abort", () => {
        entry.end();
      });
      const failure = this.failures.get(`watch ${ref.kind}`);
      this.calls.push(`watch ${ref.kind}`);
      if (failure !== undefined) reject(failure);
      else this.watchers.add(entry);
    });
  }

  private tell(type: WatchEventType, object: KubernetesObject): void {
    for (const watcher of [...this.watchers]) {
      if (isListed(object, watcher.ref)) watcher.onEvent(type, structuredClone(object));
    }
  }

  private async answer(verb: Verb, kind: string): Promise<void> {
    this.calls.push(`${verb} ${kind}`);
    await Promise.resolve();
    const failure = this.failures.get(`${verb} ${kind}`);
    if (failure !== undefined) throw failure;
  }
}

/** The API server's refusal to show something. */
export const forbidden = new ApiError(
  403,
  "Forbidden",
  'pods is forbidden: User "eve" cannot list resource "pods"',
);

/** The API server's word for a version it no longer has. */
export const expired = new ApiError(410, "Expired", "too old resource version");

function keyOf(object: KubernetesObject): string {
  return [object.apiVersion, object.kind, object.metadata.namespace, object.metadata.name].join("/");
}

function isAt(object: KubernetesObject, ref: ListReference): boolean {
  const sameKind = object.apiVersion === ref.apiVersion && object.kind === ref.kind;
  return sameKind && (ref.namespace === undefined || object.metadata.namespace === ref.namespace);
}

function isListed(object: KubernetesObject, ref: ListReference): boolean {
  const labels = pairs(ref.labelSelector).every(([key, value]) => object.metadata.labels?.[key] === value);
  const fields = pairs(ref.fieldSelector).every(
    ([key, value]) => valueAt(object, ...key.split(".")) === value,
  );
  return isAt(object, ref) && labels && fields;
}

function pairs(selector: string | undefined): [string, string][] {
  return (selector ?? "")
    .split(",")
    .filter((term) => term !== "")
    .map((term) => [term.slice(0, term.indexOf("=")), term.slice(term.indexOf("=") + 1)]);
}
