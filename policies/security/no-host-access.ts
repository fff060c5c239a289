import { elements, follow } from "../inputs";
import { containersOf, fails, nameOf, type PodSpec, podSpecOf, value } from "../manifest";
import type { ResourceRule } from "../rule";

function hostShares(pod: PodSpec | undefined): string[] {
  const flags = ["hostNetwork", "hostPID", "hostIPC"] as const;
  const volumes = (value(pod?.volumes) ?? []).filter((volume) => value(volume.hostPath) !== undefined);
  const ports = containersOf(pod)
    .flatMap((container) => elements(follow(container, "ports")))
    .filter((port) => fails(follow(port, "hostPort"), (number) => number === undefined || number === 0));
  return [
    ...flags.filter((flag) => fails(pod?.[flag], (shared) => shared !== true)),
    ...ports.map((port) => `hostPort ${String(follow(port, "hostPort"))}`),
    ...volumes.map((volume) => `hostPath volume ${value(volume.name) ?? "(unnamed)"}`),
  ];
}

export const hostAccess: ResourceRule = {
  kind: "resource",
  name: "no-host-access",
  description: "Pods share no namespace, no port and no files with the node.",
  why: "Whoever shares the node's namespaces or files owns the node.",
  check: (resource) =>
    hostShares(podSpecOf(resource)).map((share) => `${nameOf(resource.props)} uses ${share}; remove it`),
};
