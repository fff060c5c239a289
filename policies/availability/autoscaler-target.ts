import { shown } from "../inputs";
import { at, nameOf } from "../manifest";
import type { StackRule } from "../rule";
import { autoscalersOf, scalablesOf, scales } from "../workloads";

export const autoscalerTarget: StackRule = {
  kind: "stack",
  name: "autoscaler-target",
  description: "Every autoscaler scales a workload of its namespace.",
  why: "One that names what is not there says so only in its events, and the load finds the pods as few as they were.",
  check: (resources) =>
    autoscalersOf(resources)
      .filter((autoscaler) => !scalablesOf(resources).some((workload) => scales(autoscaler, workload)))
      .map(({ props }) => {
        const target = at(at(props.spec, "scaleTargetRef"), "name");
        return `${nameOf(props)}: scaleTargetRef.name is ${shown(target)}; must be a workload of its namespace`;
      }),
};
