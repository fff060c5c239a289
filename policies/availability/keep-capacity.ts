import { at, fails, nameOf, value } from "../manifest";
import type { ResourceRule } from "../rule";
import { singleReplicaAnnotation } from "../workloads";

export const keepCapacity: ResourceRule = {
  kind: "resource",
  name: "keep-capacity",
  description: "A Deployment's rollout takes no pod away before its successor is ready.",
  why: "A rollout that first takes pods away has the least capacity just when something is being changed.",
  check: (resource) => {
    if (!resource.type.endsWith(":Deployment")) return [];
    const annotations = value(value(resource.props.metadata)?.annotations);
    if (value(annotations?.[singleReplicaAnnotation]) !== undefined) return [];
    const strategy = at(resource.props.spec, "strategy");
    const allowed = at(at(strategy, "rollingUpdate"), "maxUnavailable");
    return fails(allowed, (pods) => pods === 0 || pods === "0" || pods === "0%")
      ? [
          `${nameOf(resource.props)}: strategy.rollingUpdate.maxUnavailable is ` +
            `${value(allowed) ?? "25% by default"}; must be 0, with maxSurge at least 1`,
        ]
      : [];
  },
};
