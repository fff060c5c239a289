import { input } from "../inputs";
import { at, nameOf, notYetKnown, podSpecOf } from "../manifest";
import type { Resource, StackRule } from "../rule";
import { agree, together, whereaboutsOf } from "../workloads";

type Selector = Readonly<Record<string, string>>;

function selects(service: Resource, selector: Selector, workload: Resource): boolean {
  const labels = at(at(at(workload.props.spec, "template"), "metadata"), "labels");
  return (
    together(whereaboutsOf(service), whereaboutsOf(workload)) &&
    Object.entries(selector).every(([label, wants]) => agree(at(labels, label), wants))
  );
}

export const serviceSelectsPods: StackRule = {
  kind: "stack",
  name: "service-selects-pods",
  description: "Every Service with a selector selects pods of the stack.",
  why: "One that selects nothing is made without an error, and answers nobody.",
  check: (resources) => {
    const workloads = resources.filter((resource) => podSpecOf(resource) !== undefined);
    return resources
      .filter(({ type }) => type === "kubernetes:core/v1:Service")
      .filter((service) => {
        const selector = input(service, "spec.selector");
        // Without a selector its endpoints are somebody else's to write: the steward's, for routes to the writer.
        if (selector === undefined || selector === notYetKnown) return false;
        return !workloads.some((workload) => selects(service, selector as Selector, workload));
      })
      .map(
        ({ props }) => `${nameOf(props)}: spec.selector selects no pods; must be labels of a workload's pods`,
      );
  },
};
