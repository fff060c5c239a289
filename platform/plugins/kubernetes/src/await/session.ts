import { Bell, pause } from "./pause";
import { Mirror } from "./mirror";
import type { MirrorOptions, Pace } from "./mirror";
import { namespaceOf } from "./fields";
import type { Related } from "./decision";
import type { AwaitRequest, KubernetesObject } from "./types";

/** Prompt where watching works, and bearable for the API server where it does not. */
const pace: Pace = { watchMs: 60_000, pollMs: 1_000, retryMs: 100 };

/** Follows one object and what belongs to it, and says when something changed. */
export class Session {
  private readonly bell = new Bell();
  private readonly end = new AbortController();
  private readonly main: Mirror;
  private readonly mirrors: ReadonlyMap<string, Mirror>;
  private last: KubernetesObject;
  readonly signal: AbortSignal;

  /**
   * @param isSame - whether an object of the request's name is the one to follow.
   * @param related - what to follow beside it.
   */
  constructor(
    request: AwaitRequest,
    isSame: (object: KubernetesObject) => boolean,
    related: readonly Related[],
  ) {
    this.last = request.object;
    this.signal = AbortSignal.any([request.signal, this.end.signal]);
    const onChange = (): void => {
      this.last = this.main.objects[0] ?? this.last;
      this.bell.ring();
    };
    this.main = new Mirror(request.reader, mainOptions(request, isSame, onChange), pace);
    this.mirrors = new Map(
      related.map((entry) => [entry.name, new Mirror(request.reader, { ...entry, onChange }, pace)]),
    );
  }

  /** Begins to follow; runs until close. */
  start(): void {
    for (const mirror of this.all) void mirror.run(this.signal);
  }

  /** Ends every call under way. */
  close(): void {
    this.end.abort();
  }

  /** The object as last seen. */
  get object(): KubernetesObject {
    return this.last;
  }

  /** Whether the object is known to be gone. */
  get gone(): boolean {
    return this.main.synced && !this.main.refused && this.main.objects.length === 0;
  }

  /** Whether everything has been read at least once, or is known to be hidden. */
  get synced(): boolean {
    return this.all.every((mirror) => mirror.synced);
  }

  /** Whether the cluster refuses to show the object itself. */
  get refused(): boolean {
    return this.main.refused;
  }

  /** For how long something could not be read, in milliseconds; 0 while all can be. */
  get silentMs(): number {
    return Math.max(...this.all.map((mirror) => mirror.silentMs));
  }

  /** The text of the error that something could not be read with, if any. */
  get failureText(): string {
    return (this.all.find((mirror) => mirror.silentMs > 0) ?? this.main).failureText;
  }

  /** For how long the related objects have not changed, in milliseconds. */
  get quietMs(): number {
    const changes = [...this.mirrors.values()].map((mirror) => mirror.changedAt);
    return changes.length === 0 ? Infinity : performance.now() - Math.max(...changes);
  }

  /** The related objects of that name. */
  related(name: string): readonly KubernetesObject[] {
    return this.mirrors.get(name)?.objects ?? [];
  }

  /** Waits until something changed, that long has passed or it is all over. */
  async changed(milliseconds: number): Promise<void> {
    await this.bell.wait(milliseconds, this.signal);
    // Changes of one instant arrive as several events: look at them together.
    await pause(0, this.signal);
  }

  private get all(): readonly Mirror[] {
    return [this.main, ...this.mirrors.values()];
  }
}

function mainOptions(
  request: AwaitRequest,
  isSame: (object: KubernetesObject) => boolean,
  onChange: () => void,
): MirrorOptions {
  const { apiVersion, kind, metadata } = request.object;
  const place = { apiVersion, kind, ...namespaceOf(request.object) };
  return {
    refs: [{ ...place, fieldSelector: `metadata.name=${metadata.name}` }],
    get: () => request.reader.get({ ...place, name: metadata.name }),
    keep: (object) => object.metadata.name === metadata.name && isSame(object),
    onChange,
  };
}
