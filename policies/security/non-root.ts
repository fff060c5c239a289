import { at, containerName, containersOf, fails, nameOf, podSpecOf } from "../manifest";
import type { ResourceRule } from "../rule";

export const nonRoot: ResourceRule = {
  kind: "resource",
  name: "non-root",
  description: "Containers run as a non-root user.",
  why: "Root in a container is one kernel bug away from root on the node.",
  check: (resource) => {
    const pod = podSpecOf(resource);
    const podContext = pod?.securityContext;
    return containersOf(pod).flatMap((container) => {
      const context = container.securityContext;
      const where = `${nameOf(resource.props)}: ${containerName(container)}`;
      const problems: string[] = [];
      if (fails(at(context, "runAsNonRoot") ?? at(podContext, "runAsNonRoot"), (flag) => flag === true)) {
        problems.push(`${where} may run as root; set securityContext.runAsNonRoot to true`);
      }
      if (fails(at(context, "runAsUser") ?? at(podContext, "runAsUser"), (user) => user !== 0)) {
        problems.push(`${where} has runAsUser 0; must be a user above 0, e.g. 65532`);
      }
      return problems;
    });
  },
};
