import { type Container, containerName, fails, nameOf, podSpecOf, value } from "../manifest";
import type { ResourceRule } from "../rule";

/** What a probe asks, without how often. */
function question(probe: object | undefined): string | undefined {
  if (probe === undefined) return undefined;
  const { httpGet, tcpSocket, exec, grpc } = probe as Record<string, unknown>;
  return JSON.stringify({ httpGet, tcpSocket, exec, grpc });
}

function problemOf(container: Container): string | undefined {
  if (fails(container.readinessProbe, (probe) => probe !== undefined)) {
    return "has no readinessProbe; add one, or a rollout can't tell when it may go on";
  }
  if (fails(container.livenessProbe, (probe) => probe !== undefined)) {
    return "has no livenessProbe; add one, or a hung process is never restarted";
  }
  const readiness = question(value(container.readinessProbe));
  return readiness !== undefined && readiness === question(value(container.livenessProbe))
    ? "asks the same of livenessProbe and readinessProbe; an overloaded pod would be killed instead of spared"
    : undefined;
}

export const distinctProbes: ResourceRule = {
  kind: "resource",
  name: "distinct-probes",
  description: "Long-running containers have a readiness and a liveness probe that ask different things.",
  why: "Readiness takes a pod out of traffic, liveness kills it: one question can't serve both.",
  check: (resource) => {
    if (!/:(Deployment|StatefulSet|DaemonSet)$/.test(resource.type)) return [];
    return (value(podSpecOf(resource)?.containers) ?? []).flatMap((container) => {
      const problem = problemOf(container);
      return problem === undefined
        ? []
        : [`${nameOf(resource.props)}: ${containerName(container)} ${problem}`];
    });
  },
};
