import { at, type Container, containerName, containersOf, fails, nameOf, podSpecOf } from "../manifest";
import type { ResourceRule } from "../rule";

function missing(container: Container): string[] {
  const requests = at(container.resources, "requests");
  const limits = at(container.resources, "limits");
  return [
    ...(fails(at(requests, "cpu"), (cpu) => cpu !== undefined) ? ["requests.cpu"] : []),
    ...(fails(at(requests, "memory"), (memory) => memory !== undefined) ? ["requests.memory"] : []),
    ...(fails(at(limits, "memory"), (memory) => memory !== undefined) ? ["limits.memory"] : []),
  ];
}

export const resourceRequests: ResourceRule = {
  kind: "resource",
  name: "resource-requests",
  description: "Containers request CPU and memory and limit memory.",
  why: "The scheduler and the autoscaler both count in requests; a memory limit keeps a leak from its neighbours.",
  check: (resource) =>
    containersOf(podSpecOf(resource)).flatMap((container) =>
      missing(container).map(
        (field) => `${nameOf(resource.props)}: ${containerName(container)} has no resources.${field}; set it`,
      ),
    ),
};
