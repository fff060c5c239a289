import { at, type Field, nameOf, notYetKnown, type PodSpec, podSpecOf, value } from "./manifest";
import type { Resource } from "./rule";

/** Written on a workload that is single by design, with the reason as its value. */
export const singleReplicaAnnotation = "twinstack.dev/single-replica";

/** A Deployment or StatefulSet with what other objects of the stack say of it. */
export interface Workload {
  /** `namespace/name`. */
  readonly name: string;
  readonly namespace: Field<string>;
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
  readonly namespace: Field<string>;
  readonly selector: Field<Readonly<Record<string, Field<string>>>>;
  readonly minAvailable: Field<number | string>;
  readonly maxUnavailable: Field<number | string>;
}

const namespaceOf = (resource: Resource): Field<string> => at(resource.props.metadata, "namespace");

/** True when both are equal, or one of them can't be known yet: doubt is not reported. */
const agree = (one: Field<string>, other: Field<string>): boolean =>
  one === notYetKnown || other === notYetKnown || one === other;

/** Every replicated workload of the stack. */
export function workloadsOf(resources: readonly Resource[]): Workload[] {
  const autoscalers = resources.filter((resource) => resource.type.endsWith(":HorizontalPodAutoscaler"));
  return resources
    .filter((resource) => /:(Deployment|StatefulSet)$/.test(resource.type))
    .map((resource) => {
      const metadata = value(resource.props.metadata);
      const spec = value(resource.props.spec);
      const autoscaler = autoscalers.find((candidate) => {
        const target = at(candidate.props.spec, "scaleTargetRef");
        return (
          agree(namespaceOf(candidate), namespaceOf(resource)) &&
          agree(at(target, "kind"), resource.type.split(":").at(-1)) &&
          agree(at(target, "name"), metadata?.name)
        );
      });
      return {
        name: nameOf(resource.props),
        namespace: namespaceOf(resource),
        podLabels: at(at(spec?.template, "metadata"), "labels"),
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
        namespace: namespaceOf(resource),
        selector: at(spec?.selector, "matchLabels"),
        minAvailable: spec?.minAvailable,
        maxUnavailable: spec?.maxUnavailable,
      };
    });
}

/** True when the budget selects the workload's pods, as far as is known. */
export function covers(budget: Budget, workload: Workload): boolean {
  if (!agree(budget.namespace, workload.namespace)) return false;
  if (budget.selector === notYetKnown) return true;
  const wanted = Object.entries(budget.selector ?? {});
  return wanted.length > 0 && wanted.every(([label, wants]) => agree(at(workload.podLabels, label), wants));
}
