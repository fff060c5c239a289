import { elements, follow, input } from "../inputs";
import { nameOf } from "../manifest";
import type { ResourceRule } from "../rule";

const fields = ["apiGroups", "resources", "verbs"];

export const noWildcardRbac: ResourceRule = {
  kind: "resource",
  name: "no-wildcard-rbac",
  description: "Roles name the API groups, resources and verbs they grant.",
  why: "A * grants Secrets, and every kind of object that is installed later.",
  check: (resource) =>
    /:(Role|ClusterRole)$/.test(resource.type) && resource.type.startsWith("kubernetes:")
      ? elements(input(resource, "rules")).flatMap((rule) =>
          fields
            .filter((field) => elements(follow(rule, field)).includes("*"))
            .map((field) => `${nameOf(resource.props)}: a rule has * in ${field}; must name what is needed`),
        )
      : [],
};
