import { customKind } from "./annotation";
import { deletionDecision } from "./deletion";
import { TEN_MINUTES } from "./decision";
import { genericKind } from "./generic";
import { awaitedKind } from "./kinds";
import { lookOnce } from "./look";
import { waitFor } from "./wait";
import type { AwaitedKind, Decision } from "./decision";
import type { AwaitOutcome } from "./errors";
import type { Session } from "./session";
import type { AwaitRequest, KubernetesObject, ReadyRequest } from "./types";

export { AwaitError } from "./errors";
export type {
  AwaitOperation,
  AwaitRequest,
  KubernetesObject,
  ListReference,
  ObjectList,
  ObjectMetadata,
  ObjectReader,
  ObjectReference,
  OwnerReference,
  ReadyRequest,
  WatchEventType,
} from "./types";

/**
 * Waits until an object is ready and answers it as it is then. On `read` it looks once instead of waiting.
 * Kinds without a notion of being ready are answered at once.
 *
 * @throws AwaitError - when the object is not ready in time, can't become ready or the wait is cancelled.
 */
export async function awaitReady(request: ReadyRequest): Promise<KubernetesObject> {
  const kind = kindOf(request);
  if (kind === undefined) return request.object;
  if (request.operation === "read") return kind.checkedOnRead ? lookOnce(request, kind) : request.object;
  const related = kind.related?.(request.object) ?? [];
  if (related.length === 0) {
    const now = kind.decide({ ...request, quietMs: Infinity, related: () => [] });
    if (now.ready) return request.object;
  }
  return waitFor(request, {
    timeoutSeconds: kind.timeoutSeconds,
    related,
    remembersDetails: kind.remembersDetails ?? false,
    tellsEarlierEvents: request.operation === "create",
    isSame: (object) => hasSameUid(object, request.object),
    decide: (session) => decideReady(request, kind, session),
    headline: (outcome) => readyHeadline(request.object, outcome),
  });
}

/**
 * Waits until an object that was told to go is gone.
 *
 * @throws AwaitError - when it is still there in the end, with what holds it.
 */
export async function awaitDeleted(request: AwaitRequest): Promise<void> {
  const { name } = request.object.metadata;
  await waitFor(request, {
    timeoutSeconds: TEN_MINUTES,
    related: [],
    remembersDetails: false,
    tellsEarlierEvents: false,
    // One made anew under the same name counts only if it was told to go as well.
    isSame: (object) => hasSameUid(object, request.object) || object.metadata.deletionTimestamp !== undefined,
    decide: (session) => (session.gone ? { ready: true } : deletionDecision(session.object)),
    headline: (outcome) =>
      outcome === "cancelled" ? cancelled(name) : `'${name}' ${outcome} waiting to be deleted`,
  });
}

function hasSameUid(object: KubernetesObject, other: KubernetesObject): boolean {
  return other.metadata.uid === undefined || object.metadata.uid === other.metadata.uid;
}

function kindOf(request: ReadyRequest): AwaitedKind | undefined {
  const custom = request.operation === "read" ? undefined : customKind(request.object);
  const awaitAll = process.env["PULUMI_K8S_AWAIT_ALL"] === "true" && request.operation !== "read";
  return custom ?? awaitedKind(request.object) ?? (awaitAll ? genericKind : undefined);
}

function decideReady(request: ReadyRequest, kind: AwaitedKind, session: Session): Decision {
  const { operation } = request;
  const decision = kind.decide({
    object: session.object,
    operation,
    quietMs: session.quietMs,
    related: (name) => session.related(name),
  });
  if (decision.ready || !session.gone) return decision;
  const failures = [
    `${request.object.kind} was deleted by somebody else meanwhile`,
    ...(decision.failures ?? []),
  ];
  return { ...decision, failed: true, failures };
}

function readyHeadline(object: KubernetesObject, outcome: AwaitOutcome): string {
  const { name } = object.metadata;
  switch (outcome) {
    case "timed out":
      return `'${name}' timed out waiting to be Ready`;
    case "cancelled":
      return cancelled(name);
    case "failed":
      return `Resource '${name}' was created but failed to initialize`;
  }
}

function cancelled(name: string): string {
  return `Resource operation was cancelled for "${name}"`;
}
