import type * as pulumi from "@pulumi/pulumi";
import { type Labels, type Role, roleLabels } from "./labels";

/** Where the objects of a region go. */
export interface Place {
  /** The namespace's name, once it exists: objects that take it from here are made after it. */
  readonly namespace: pulumi.Input<string>;
  /** The same name, known before anything exists, for texts that a preview should show. */
  readonly namespaceName: string;
  /** Labels of whoever owns the place. */
  readonly labels: Labels;
}

/** Name, namespace and labels of the objects that play a role in a place. */
export const metadataOf = (place: Place, role: Role) => ({
  name: role.instance,
  namespace: place.namespace,
  labels: roleLabels(place.labels, role),
});

/** The same of a workload that runs one pod on purpose: policies ask for the reason. */
export const aloneBecause = <Metadata extends object>(metadata: Metadata, why: string) => ({
  ...metadata,
  annotations: { "twinstack.dev/single-replica": why },
});
