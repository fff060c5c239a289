import { isOpen } from "../cidrs";
import { componentOf } from "../environment";
import { elements, follow, input } from "../inputs";
import { at, nameOf, notYetKnown, value } from "../manifest";
import type { Resource, StackRule } from "../rule";
import { texts } from "../setting";
import { agree, together, whereaboutsOf } from "../workloads";

const guarded = texts("components", "components whose pods must say who may connect", ["database", "quorum"]);

const isPolicy = ({ type }: Resource): boolean => type.endsWith(":NetworkPolicy");

/** True when the policy selects the workload's pods, as far as is known. */
function selects(policy: Resource, workload: Resource): boolean {
  if (!together(whereaboutsOf(policy), whereaboutsOf(workload))) return false;
  const selector = input(policy, "spec.podSelector");
  if (selector === notYetKnown) return true;
  const labels = at(at(at(workload.props.spec, "template"), "metadata"), "labels");
  const wanted = Object.entries((follow(selector, "matchLabels") ?? {}) as Record<string, string>);
  return wanted.every(([label, wants]) => agree(at(labels, label), wants));
}

/** A rule that lets everybody in: without a source, or with the whole internet as one. */
const isOpenRule = (rule: unknown): boolean => {
  const from = follow(rule, "from");
  if (from === notYetKnown) return false;
  return elements(from).length === 0 || elements(from).some((peer) => isOpen(follow(peer, "ipBlock.cidr")));
};

export const networkPolicy: StackRule = {
  kind: "stack",
  name: "network-policy",
  description: "Databases and voters have a NetworkPolicy, and no NetworkPolicy lets everybody in.",
  why: "A pod that was taken over anywhere in the cluster would otherwise talk to the database as it likes.",
  settings: [guarded],
  check: (resources, read) => {
    const policies = resources.filter(isPolicy);
    const workloads = resources.filter(({ type }) => /:(Deployment|StatefulSet)$/.test(type));
    return [
      ...workloads
        .filter((workload) => read(guarded).includes(value(componentOf(workload)) ?? ""))
        .filter((workload) => !policies.some((policy) => selects(policy, workload)))
        .map(
          ({ props }) =>
            `${nameOf(props)} has no NetworkPolicy; add one that selects its pods and names its clients`,
        ),
      ...policies
        .filter((policy) => elements(input(policy, "spec.ingress")).some(isOpenRule))
        .map(({ props }) => `${nameOf(props)} lets everybody in; each ingress rule must name whom in from`),
    ];
  },
};
