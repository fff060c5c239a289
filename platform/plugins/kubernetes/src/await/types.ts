/** Whom an object belongs to, as the garbage collector reads it. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** The metadata fields that waiting reads; the API server answers with more. */
export interface ObjectMetadata {
  name: string;
  namespace?: string;
  uid?: string;
  generation?: number;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

/** A live object of any group, version and kind. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMetadata;
  [field: string]: unknown;
}

/** Names one object. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** Names the objects of one kind; without a namespace, those of the whole cluster. */
export interface ListReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** One answer of a list call, with the version from which a watch continues. */
export interface ObjectList {
  readonly items: KubernetesObject[];
  readonly resourceVersion: string;
}

/** What a watch tells of an object. */
export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED";

/** The part of a cluster's API that waiting needs; refusals reject with an ApiError, unknown kinds with a NoMatchError. */
export interface ObjectReader {
  /** The live object, or undefined when the cluster does not have it. */
  get(ref: ObjectReference): Promise<KubernetesObject | undefined>;
  /** All objects the reference names. */
  list(ref: ListReference): Promise<ObjectList>;
  /** Follows the objects until the server closes the watch or the signal aborts; both resolve. Rejects on errors (410 as well). */
  watch(
    ref: ListReference,
    resourceVersion: string | undefined,
    onEvent: (type: WatchEventType, object: KubernetesObject) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

/** One object to wait for, and whom to tell about it. */
export interface AwaitRequest {
  /** Pulumi's name of the resource, for messages. */
  readonly urn: string;
  /** The live object as the API server answered it last. */
  readonly object: KubernetesObject;
  /** Reads the cluster the object lives in. */
  readonly reader: ObjectReader;
  /** How long to wait; undefined takes the kind's own default. */
  readonly timeoutSeconds: number | undefined;
  /** Ends the waiting at once. */
  readonly signal: AbortSignal;
  /** Shows a status line that the next one replaces. */
  progress(message: string): void;
  /** Shows a warning as status line: rollouts warn on their way to success, so it must not stay. */
  warn(message: string): void;
}

/** What was done to the object before waiting for it. */
export type AwaitOperation = "create" | "update" | "read";

/** A request to wait until an object is ready. */
export interface ReadyRequest extends AwaitRequest {
  readonly operation: AwaitOperation;
}
