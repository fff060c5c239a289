import { fails, nameOf, value } from "../manifest";
import type { ResourceRule } from "../rule";

export const autoscalerBounds: ResourceRule = {
  kind: "resource",
  name: "autoscaler-bounds",
  description: "An autoscaler's maximum is above its minimum, and its minimum is at least two.",
  why: "An autoscaler whose bounds meet never scales, and one that starts at a single pod is not available.",
  check: (resource) => {
    if (!resource.type.endsWith(":HorizontalPodAutoscaler")) return [];
    const spec = value(resource.props.spec);
    const min = value(spec?.minReplicas);
    const name = nameOf(resource.props);
    return [
      ...(fails(spec?.minReplicas, (replicas) => (replicas ?? 1) >= 2)
        ? [`${name}: minReplicas is ${min ?? 1}; must be at least 2`]
        : []),
      ...(fails(spec?.maxReplicas, (max) => max !== undefined && max > (min ?? 1))
        ? [
            `${name}: maxReplicas is ${value(spec?.maxReplicas) ?? "missing"}; must be above minReplicas ${min ?? 1}`,
          ]
        : []),
    ];
  },
};
