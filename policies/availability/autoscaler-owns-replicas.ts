import { shown } from "../inputs";
import { at, fails, nameOf, notYetKnown } from "../manifest";
import type { Resource, StackRule } from "../rule";
import { autoscalersOf, scalablesOf, scales } from "../workloads";

/** True when the autoscaler is known to scale the workload: one whose target is not known may be another's. */
const surelyScales = (autoscaler: Resource, workload: Resource): boolean =>
  at(at(autoscaler.props.spec, "scaleTargetRef"), "name") !== notYetKnown && scales(autoscaler, workload);

export const autoscalerOwnsReplicas: StackRule = {
  kind: "stack",
  name: "autoscaler-owns-replicas",
  description: "A workload with an autoscaler leaves spec.replicas out.",
  why: "Each update would throw the pods back to that number, at the height of the load too.",
  check: (resources) =>
    scalablesOf(resources)
      .filter((workload) => fails(at(workload.props.spec, "replicas"), (count) => count === undefined))
      .filter((workload) => autoscalersOf(resources).some((autoscaler) => surelyScales(autoscaler, workload)))
      .map(
        ({ props }) =>
          `${nameOf(props)}: spec.replicas is ${shown(at(props.spec, "replicas"))}; must be left out, since its ` +
          "autoscaler owns it",
      ),
};
