import type { AwaitOperation, KubernetesObject, ListReference } from "./types";

/** Other objects of which a decision needs to know. */
export interface Related {
  /** By what name the decision asks for them. */
  readonly name: string;
  /** Where they are; the next is taken when the cluster refuses or lacks one. */
  readonly refs: readonly [ListReference, ...ListReference[]];
  /** Which of the listed ones count; all when absent. */
  keep?(object: KubernetesObject): boolean;
}

/** What is known of the cluster at one moment. */
export interface Snapshot {
  readonly object: KubernetesObject;
  readonly operation: AwaitOperation;
  /** How long the related objects have not changed, in milliseconds. */
  readonly quietMs: number;
  /** The related objects of that name; none when the cluster refuses to show them. */
  related(name: string): readonly KubernetesObject[];
}

/** What a snapshot means for somebody who waits for the object. */
export interface Decision {
  readonly ready: boolean;
  /** True when no waiting will help any more. */
  readonly failed?: boolean;
  /** The status line to show. */
  readonly status?: string;
  /** Shown as they come up. */
  readonly warnings?: readonly string[];
  /** What keeps the object from being ready. */
  readonly failures?: readonly string[];
  /** Troubles of its pods: normal for a while in every rollout, so shown only from time to time. */
  readonly details?: readonly string[];
  /** When to look again although nothing changed, in milliseconds. */
  readonly recheckMs?: number;
}

/** How one kind of object becomes ready. */
export interface AwaitedKind {
  /** How long to wait unless the user says otherwise. */
  readonly timeoutSeconds: number;
  /** Whether a refresh tells that the object is not ready. */
  readonly checkedOnRead: boolean;
  /** Whether troubles of pods count in the end although the pods are gone by then. */
  readonly remembersDetails?: boolean;
  /** What to follow beside the object itself. */
  related?(object: KubernetesObject): readonly Related[];
  decide(snapshot: Snapshot): Decision;
}

/** The default of most kinds. */
export const TEN_MINUTES = 600;
