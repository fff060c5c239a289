import { messageOf } from "../errors";
import { statusCode } from "./errors";
import { pause } from "./pause";
import type { KubernetesObject, ListReference, ObjectReader, WatchEventType } from "./types";

/** How a mirror paces its calls, in milliseconds. */
export interface Pace {
  /** After this long a watch is renewed with a fresh list, lest a dead connection goes unnoticed. */
  readonly watchMs: number;
  /** Between two lists where watching is not allowed. */
  readonly pollMs: number;
  /** Before the first retry; each further one doubles it up to pollMs. */
  readonly retryMs: number;
}

/** What a mirror holds, and how. */
export interface MirrorOptions {
  /** Where the objects are; the next is taken when the cluster refuses or lacks one. */
  readonly refs: readonly [ListReference, ...ListReference[]];
  /** Reads the one object this is about: the way out where listing is not allowed. */
  get?(): Promise<KubernetesObject | undefined>;
  /** Which of the listed objects to hold. */
  keep?(object: KubernetesObject): boolean;
  /** Called after every change, and when something could not be read. */
  onChange(): void;
}

/** Holds the present state of some objects: lists them, follows them, and lists again whenever the thread is lost. */
export class Mirror {
  private readonly held = new Map<string, KubernetesObject>();
  private refIndex = 0;
  private watchable = true;
  private watched = false;
  private listable = true;
  private hidden = false;
  private attempts = 0;
  private syncedOnce = false;
  private failingSince: number | undefined;
  private failure: unknown;
  private touchedAt = performance.now();

  constructor(
    private readonly reader: ObjectReader,
    private readonly options: MirrorOptions,
    private readonly pace: Pace,
  ) {}

  /** The objects held now. */
  get objects(): readonly KubernetesObject[] {
    return [...this.held.values()];
  }

  /** Whether the objects are known, or known to be hidden from us. */
  get synced(): boolean {
    return this.syncedOnce || this.refused;
  }

  /** Whether the cluster refuses to show the objects. */
  get refused(): boolean {
    return this.hidden;
  }

  /** For how long the cluster has not answered, in milliseconds; 0 while it does. */
  get silentMs(): number {
    return this.failingSince === undefined ? 0 : performance.now() - this.failingSince;
  }

  /** The text of the last error. */
  get failureText(): string {
    return messageOf(this.failure);
  }

  /** When the objects changed last, on the clock of `performance.now()`. */
  get changedAt(): number {
    return this.touchedAt;
  }

  /** Follows the objects until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.refused) {
      const waitMs = await this.round(signal).catch((error: unknown) => this.afterError(error, signal));
      if (waitMs > 0) await pause(waitMs, signal);
    }
  }

  /** One list and the watch that follows it; answers how long to wait before the next. */
  private async round(signal: AbortSignal): Promise<number> {
    const ref = this.options.refs[this.refIndex] ?? this.options.refs[0];
    const { items, resourceVersion } = await this.list(ref);
    if (signal.aborted) return 0;
    this.failingSince = undefined;
    this.replace(items);
    if (!this.watchable || !this.listable) return this.pace.pollMs;
    const lasted = await this.watch(ref, resourceVersion, signal);
    // A server that closes every watch at once is polled instead of flooded.
    if (!lasted) return this.backOff();
    this.attempts = 0;
    return 0;
  }

  private async list(ref: ListReference): Promise<{ items: KubernetesObject[]; resourceVersion: string }> {
    if (this.listable) return this.reader.list(ref);
    const object = await this.options.get?.();
    return { items: object === undefined ? [] : [object], resourceVersion: "" };
  }

  /** Follows the objects for a while; answers whether it lasted. */
  private async watch(ref: ListReference, resourceVersion: string, signal: AbortSignal): Promise<boolean> {
    const renewal = new AbortController();
    const timer = setTimeout(() => {
      renewal.abort();
    }, this.pace.watchMs);
    const either = AbortSignal.any([signal, renewal.signal]);
    const onEvent = (type: WatchEventType, object: KubernetesObject): void => {
      if (either.aborted) return;
      if (type === "DELETED") this.drop(object);
      else this.put(object);
    };
    const begun = performance.now();
    const from = resourceVersion === "" ? undefined : resourceVersion;
    const end = await this.reader.watch(ref, from, onEvent, either).then(
      () => ({}),
      (error: unknown) => ({ error }),
    );
    clearTimeout(timer);
    const lasted = performance.now() - begun >= this.pace.pollMs;
    this.watched ||= lasted;
    if ("error" in end && !either.aborted) this.afterWatchError(end.error);
    return lasted;
  }

  /** An outdated version needs only a fresh list; a refusal means polling; anything else is a failure of the round. */
  private afterWatchError(error: unknown): void {
    const code = statusCode(error);
    if (code === 410) return;
    if (!this.watched && (code === 403 || code === 405)) this.watchable = false;
    else throw error;
  }

  private afterError(error: unknown, signal: AbortSignal): number {
    if (signal.aborted) return 0;
    const code = statusCode(error);
    this.failure = error;
    if (code === 404) return this.afterMissingKind();
    // What was shown before is not refused for good: an API server that starts refuses much for a moment.
    if (!this.syncedOnce && (code === 403 || code === 405)) return this.afterRefusal();
    this.failingSince ??= performance.now();
    this.options.onChange();
    return this.backOff();
  }

  /** Goes on with the next place to look; where there is none, there are no objects. */
  private afterMissingKind(): number {
    if (this.takeNextRef()) return 0;
    this.failingSince = undefined;
    this.replace([]);
    return this.pace.pollMs;
  }

  private afterRefusal(): number {
    if (this.takeNextRef()) return 0;
    this.failingSince = undefined;
    this.hidden = !this.listable || this.options.get === undefined;
    this.listable = false;
    this.options.onChange();
    return 0;
  }

  private takeNextRef(): boolean {
    const more = this.refIndex + 1 < this.options.refs.length;
    if (more) this.refIndex += 1;
    return more;
  }

  private backOff(): number {
    this.attempts = Math.min(this.attempts + 1, 10);
    return Math.min(this.pace.retryMs * 2 ** (this.attempts - 1), this.pace.pollMs);
  }

  private replace(items: readonly KubernetesObject[]): void {
    const before = versionsOf(this.held);
    this.held.clear();
    for (const item of items) if (this.keeps(item)) this.held.set(keyOf(item), item);
    if (versionsOf(this.held) !== before || !this.syncedOnce) this.touchedAt = performance.now();
    this.syncedOnce = true;
    this.options.onChange();
  }

  private put(object: KubernetesObject): void {
    if (!this.keeps(object)) return;
    this.held.set(keyOf(object), object);
    this.touchedAt = performance.now();
    this.options.onChange();
  }

  private drop(object: KubernetesObject): void {
    if (!this.held.delete(keyOf(object))) return;
    this.touchedAt = performance.now();
    this.options.onChange();
  }

  private keeps(object: KubernetesObject): boolean {
    return this.options.keep?.(object) ?? true;
  }
}

function keyOf(object: KubernetesObject): string {
  return object.metadata.uid ?? `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

function versionsOf(objects: ReadonlyMap<string, KubernetesObject>): string {
  return [...objects].map(([key, object]) => `${key}@${object.metadata.resourceVersion ?? ""}`).join();
}
