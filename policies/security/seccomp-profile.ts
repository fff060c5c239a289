import { elements, follow } from "../inputs";
import { fails, nameOf, podSpecOf } from "../manifest";
import type { ResourceRule } from "../rule";

const isFiltered = (type: unknown): boolean => type === "RuntimeDefault" || type === "Localhost";

export const seccompProfile: ResourceRule = {
  kind: "resource",
  name: "seccomp-profile",
  description: "Pods run under the runtime's seccomp profile.",
  why: "Most ways out of a container are system calls that no service makes.",
  check: (resource) => {
    const pod = podSpecOf(resource) as Readonly<Record<string, unknown>> | undefined;
    if (pod === undefined) return [];
    const own = elements(pod["containers"] as readonly unknown[])
      .map((container) => follow(container, "securityContext.seccompProfile.type"))
      .filter((type) => type !== undefined);
    const ofPod = follow(pod, "securityContext.seccompProfile.type");
    return fails(ofPod, isFiltered) || own.some((type) => fails(type, isFiltered))
      ? [`${nameOf(resource.props)}: securityContext.seccompProfile.type must be RuntimeDefault, and is not`]
      : [];
  },
};
