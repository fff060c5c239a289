import { statusCode } from "./errors";
import { textAt } from "./fields";
import { pause } from "./pause";
import type { Teller } from "./teller";
import type { KubernetesObject, ListReference, ObjectReader } from "./types";

/** How often events are read, in milliseconds. They only explain, so no connection is kept open for them. */
const EVERY_MS = 5_000;

/** Shows the warnings that controllers raise as events about one object. */
export class Events {
  private readonly ref: ListReference | undefined;
  private readonly earlier = new Set<string>();
  private earlierKnown: boolean;
  private refused = false;

  /** @param tellEarlier - whether what happened before counts: it does for an object that was just created. */
  constructor(
    private readonly reader: ObjectReader,
    object: KubernetesObject,
    private readonly teller: Teller,
    tellEarlier: boolean,
  ) {
    this.ref = referenceOf(object);
    this.earlierKnown = tellEarlier;
  }

  /** Reads the events again and again until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    do {
      await this.read(signal);
      if (this.refused) return;
      await pause(EVERY_MS, signal);
    } while (!signal.aborted);
  }

  /** Reads the events once; never rejects. */
  async read(signal: AbortSignal): Promise<void> {
    if (this.ref === undefined || this.refused) return;
    try {
      const { items } = await this.reader.list(this.ref);
      if (signal.aborted) return;
      if (!this.earlierKnown) for (const event of items) this.earlier.add(occurrence(event));
      this.earlierKnown = true;
      for (const event of items)
        if (!this.earlier.has(occurrence(event))) this.teller.event(warningText(event));
    } catch (error) {
      // A refusal stays one; that the cluster doesn't answer is told by whoever waits for the object.
      this.refused = statusCode(error) !== undefined;
    }
  }
}

/** Events about objects of the whole cluster are kept in the default namespace. */
function referenceOf(object: KubernetesObject): ListReference | undefined {
  const { uid, namespace = "default" } = object.metadata;
  if (uid === undefined) return undefined;
  return {
    apiVersion: "v1",
    kind: "Event",
    namespace,
    fieldSelector: `involvedObject.uid=${uid},type=Warning`,
  };
}

/** An event that happens again is the same object in a new version. */
function occurrence({ metadata }: KubernetesObject): string {
  return `${metadata.name}@${metadata.resourceVersion ?? ""}`;
}

function warningText(event: KubernetesObject): string {
  return `${textAt(event, "reason") ?? ""}: ${textAt(event, "message") ?? ""}`;
}
