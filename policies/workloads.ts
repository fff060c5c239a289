import { at, type Field, nameOf, notYetKnown, type PodSpec, podSpecOf, value } from "./manifest";
import type { Resource } from "./rule";

/** Written on a workload that is single by design, with the reason as its value. */
export const singleReplicaAnnotation = "twinstack.dev/single-replica";

/** Which part of the system an object is: `service`, `cache`, `router`. */
export const componentLabel = "app.kubernetes.io/component";

/** Which region an object is of: tells apart namespaces of one name in several clusters. */
export const regionLabel = "twinstack.dev/region";

/** Where an object lives. */
export interface Whereabouts {
  readonly namespace: Field<string>;
  readonly region: Field<string>;
}

/** A Deployment or StatefulSet with what other objects of the stack say of it. */
export interface Workload {
  /** `namespace/name`. */
  readonly name: string;
  readonly where: Whereabouts;
  /** Its part in the system, as its pods' labels tell it. */
  readonly component: Field<string>;
  readonly annotations: Field<Readonly<Record<string, Field<string>>>>;
  /** Labels its pods carry, which budgets and autoscalers select on. */
  readonly podLabels: Field<Readonly<Record<string, Field<string>>>>;
  readonly pod: PodSpec | undefined;
  /** The fewest pods it may run: the autoscaler's minimum where it has one. Pods. */
  readonly minReplicas: Field<number>;
  /** Why it may run a single pod; undefined when it may not. */
  readonly singleReplicaReason: string | undefined;
}

/** A PodDisruptionBudget in numbers. */
export interface Budget {
  readonly name: string;
  readonly where: Whereabouts;
  readonly selector: Field<Readonly<Record<string, Field<string>>>>;
  readonly minAvailable: Field<number | string>;
  readonly maxUnavailable: Field<number | string>;
}

/** Where an object lives, as it says itself. */
export const whereaboutsOf = ({ props }: Resource): Whereabouts => ({
  namespace: at(props.metadata, "namespace"),
  region: at(at(props.metadata, "labels"), regionLabel),
});

/** True when both are equal, or one of them can't be known yet: doubt is not reported. */
export const agree = (one: Field<string>, other: Field<string>): boolean =>
  one === notYetKnown || other === notYetKnown || one === other;

/** True when both live in one namespace of one cluster, as far as is known; an object may leave its region unsaid. */
export function together(one: Whereabouts, other: Whereabouts): boolean {
  const unsaid = one.region === undefined || other.region === undefined;
  return agree(one.namespace, other.namespace) && (unsaid || agree(one.region, other.region));
}

/** Autoscalers of the stack. */
export const autoscalersOf = (resources: readonly Resource[]): Resource[] =>
  resources.filter((resource) => resource.type.endsWith(":HorizontalPodAutoscaler"));

/** What an autoscaler can scale. */
export const scalablesOf = (resources: readonly Resource[]): Resource[] =>
  resources.filter((resource) => /:(Deployment|StatefulSet)$/.test(resource.type));

/** True when the autoscaler scales the workload, as far as is known. */
export function scales(autoscaler: Resource, workload: Resource): boolean {
  const target = at(autoscaler.props.spec, "scaleTargetRef");
  return (
    together(whereaboutsOf(autoscaler), whereaboutsOf(workload)) &&
    agree(at(target, "kind"), workload.type.split(":").at(-1)) &&
    agree(at(target, "name"), at(workload.props.metadata, "name"))
  );
}

/** Every replicated workload of the stack. */
export function workloadsOf(resources: readonly Resource[]): Workload[] {
  const autoscalers = autoscalersOf(resources);
  return scalablesOf(resources).map((resource) => {
    const metadata = value(resource.props.metadata);
    const spec = value(resource.props.spec);
    const autoscaler = autoscalers.find((candidate) => scales(candidate, resource));
    const podLabels = at(at(spec?.template, "metadata"), "labels");
    return {
      name: nameOf(resource.props),
      where: whereaboutsOf(resource),
      component: at(podLabels, componentLabel),
      annotations: at(resource.props.metadata, "annotations"),
      podLabels,
      pod: podSpecOf(resource),
      // Kubernetes runs one pod where neither field is set.
      minReplicas: at((autoscaler ?? resource).props.spec, autoscaler ? "minReplicas" : "replicas") ?? 1,
      singleReplicaReason: value(value(metadata?.annotations)?.[singleReplicaAnnotation]),
    };
  });
}

/** Every PodDisruptionBudget of the stack. */
export function budgetsOf(resources: readonly Resource[]): Budget[] {
  return resources
    .filter((resource) => resource.type.endsWith(":PodDisruptionBudget"))
    .map((resource) => {
      const spec = value(resource.props.spec);
      return {
        name: nameOf(resource.props),
        where: whereaboutsOf(resource),
        selector: at(spec?.selector, "matchLabels"),
        minAvailable: spec?.minAvailable,
        maxUnavailable: spec?.maxUnavailable,
      };
    });
}

/** True when the budget selects the workload's pods, as far as is known. */
export function covers(budget: Budget, workload: Workload): boolean {
  if (!together(budget.where, workload.where)) return false;
  if (budget.selector === notYetKnown) return true;
  const wanted = Object.entries(budget.selector ?? {});
  return wanted.length > 0 && wanted.every(([label, wants]) => agree(at(workload.podLabels, label), wants));
}
