import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Labels, type Ownership, ownerLabels, namespaceOf, type Place } from "./core";

/** Whose place it is, and what its cluster should know of it. */
export interface SiteArgs extends Ownership {
  /**
   * More labels of the namespace.
   * @default none
   */
  readonly namespaceLabels?: Labels | undefined;
}

/** The place of one stack in one region: a namespace of its own, in which nothing may ask for more than it needs. */
export class Site extends pulumi.ComponentResource implements Place {
  readonly namespace: pulumi.Output<string>;
  readonly namespaceName: string;
  readonly labels: Labels;

  constructor(
    name: string,
    { namespaceLabels, ...ownership }: SiteArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("twinstack:index:Site", name, {}, opts);

    this.labels = ownerLabels(ownership);
    this.namespaceName = namespaceOf(ownership.project, ownership.stack);
    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      {
        metadata: {
          name: this.namespaceName,
          // Kubernetes itself then refuses pods that run as root or reach for the node.
          labels: {
            ...this.labels,
            "pod-security.kubernetes.io/enforce": "restricted",
            ...namespaceLabels,
          },
        },
      },
      { parent: this },
    );

    this.namespace = namespace.metadata.name;
    this.registerOutputs({ namespace: this.namespace });
  }
}
