import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  type DrainPlan,
  metadataOf,
  oneAtATime,
  type Place,
  refuse,
  type Resources,
  type Role,
  rolloutTimeouts,
  rollWithoutLoss,
  selectorLabels,
  serviceHost,
  type Transform,
  transformed,
} from "../core";
import { autoscalerSpec, type Scaling, scalingProblems } from "./autoscaling";
import type { WebDatabase } from "./pod-database";
import { webPodSpec } from "./pod-spec";
import { type ProbeBudgets, probeProblems } from "./probes";

/** What to run, how much of it, and how it comes and goes. */
export interface WebServiceArgs {
  /** Where it runs. Replaces the service. */
  readonly place: Place;
  /** What it is; `instance` is the objects' name in the cluster. Replaces the service. */
  readonly role: Role;
  /** The image by digest. */
  readonly image: pulumi.Input<string>;
  /** Settings the process reads; DRAIN_SECONDS, LISTEN_ADDRESS and SHUTDOWN_SECONDS are added. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * The database it reads and writes. Its tables are made before the service starts.
   * @default none
   */
  readonly database?: WebDatabase | undefined;
  /** How many pods, and who decides. */
  readonly scaling: Scaling;
  /** What each pod is promised. */
  readonly resources: Resources;
  /** How a pod leaves. */
  readonly drain: DrainPlan;
  /** A rollout that takes longer fails `up`, with what the pods say. */
  readonly rolloutTimeoutSeconds: number;
  /**
   * What the host's name resolves to: `pods` for a router that balances over them itself, `service` for one address
   * that Kubernetes balances. Replaces the Service.
   * @default "service"
   */
  readonly resolvesTo?: "pods" | "service" | undefined;
  /**
   * Port the process listens on.
   * @default 8080
   */
  readonly port?: number | undefined;
  /**
   * How soon what goes wrong with a pod is noticed.
   * @default see {@link ProbeBudgets}
   */
  readonly probes?: ProbeBudgets | undefined;
  /**
   * The last word on a child's arguments.
   * @default nothing is changed
   */
  readonly transform?: WebServiceTransform | undefined;
}

/** The escape hatch for each child of a {@link WebService}. */
export interface WebServiceTransform {
  readonly deployment?: Transform<k8s.apps.v1.DeploymentArgs> | undefined;
  readonly service?: Transform<k8s.core.v1.ServiceArgs> | undefined;
  readonly autoscaler?: Transform<k8s.autoscaling.v2.HorizontalPodAutoscalerArgs> | undefined;
  readonly disruptionBudget?: Transform<k8s.policy.v1.PodDisruptionBudgetArgs> | undefined;
}

/** A replicated HTTP service: pods that come and go without a lost request, behind one name. */
export class WebService extends pulumi.ComponentResource {
  /** The name it answers to inside the cluster; plain, so that what is rendered from it shows in a preview. */
  readonly host: string;
  /** The port it answers on. */
  readonly port: number;

  constructor(name: string, args: WebServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:workload:WebService", name, {}, opts);
    const { scaling, transform, role, place, port = 8080, probes = {} } = args;
    refuse(name, [...scalingProblems(scaling, ["scaling"]), ...probeProblems(probes, ["probes"])]);

    const metadata = metadataOf(place, role);
    const child = { parent: this };
    const awaited = { ...child, customTimeouts: rolloutTimeouts(args.rolloutTimeoutSeconds) };
    // Pulumi does not hand a component's dependencies down to its children.
    const after = opts?.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn };

    const account = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata, automountServiceAccountToken: false },
      child,
    );
    const deployment = deploymentArgs({ ...args, port, probes }, account.metadata.name);
    new k8s.apps.v1.Deployment(`${name}-deployment`, transformed(deployment, transform?.deployment), {
      ...awaited,
      ...after,
    });
    new k8s.core.v1.Service(`${name}-service`, transformed(serviceArgs(args), transform?.service), awaited);
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-disruption-budget`,
      transformed({ metadata, spec: oneAtATime(selectorLabels(role)) }, transform?.disruptionBudget),
      child,
    );
    if (scaling.kind === "cpu") {
      const autoscaler = { metadata, spec: autoscalerSpec(role.instance, scaling) };
      new k8s.autoscaling.v2.HorizontalPodAutoscaler(
        `${name}-autoscaler`,
        transformed(autoscaler, transform?.autoscaler),
        child,
      );
    }

    this.host = serviceHost(role.instance, place.namespaceName);
    this.port = port;
    this.registerOutputs({ host: this.host, port: this.port });
  }
}

function deploymentArgs(
  args: WebServiceArgs & { readonly port: number; readonly probes: ProbeBudgets },
  serviceAccountName: pulumi.Input<string>,
): k8s.apps.v1.DeploymentArgs {
  const metadata = metadataOf(args.place, args.role);
  const selector = selectorLabels(args.role);
  return {
    metadata,
    spec: {
      // Left out where an autoscaler decides: whoever sets it takes back what the autoscaler did.
      ...(args.scaling.kind === "fixed" ? { replicas: args.scaling.replicas } : {}),
      selector: { matchLabels: selector },
      strategy: rollWithoutLoss,
      progressDeadlineSeconds: args.rolloutTimeoutSeconds,
      revisionHistoryLimit: 3,
      template: {
        metadata: { labels: metadata.labels },
        spec: webPodSpec({ ...args, name: args.role.name, serviceAccountName, selector }),
      },
    },
  };
}

function serviceArgs(args: WebServiceArgs): k8s.core.v1.ServiceArgs {
  return {
    metadata: metadataOf(args.place, args.role),
    spec: {
      type: "ClusterIP",
      ...(args.resolvesTo === "pods" ? { clusterIP: "None" } : {}),
      selector: selectorLabels(args.role),
      ports: [{ name: "http", port: args.port ?? 8080, targetPort: "http" }],
    },
  };
}
