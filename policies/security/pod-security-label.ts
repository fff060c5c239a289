import { at, fails, nameOf, value } from "../manifest";
import type { ResourceRule } from "../rule";

const label = "pod-security.kubernetes.io/enforce";

export const podSecurityLabel: ResourceRule = {
  kind: "resource",
  name: "pod-security-label",
  description: "Namespaces enforce the restricted standard of Pod Security.",
  why: "What gets in past Pulumi, by hand or by a controller, is held to the same rules by Kubernetes itself.",
  check: (resource) => {
    if (!resource.type.endsWith(":Namespace")) return [];
    const enforced = at(at(resource.props.metadata, "labels"), label);
    return fails(enforced, (standard) => standard === "restricted")
      ? [`${nameOf(resource.props)}: label ${label} is ${value(enforced) ?? "missing"}; must be restricted`]
      : [];
  },
};
