import { fails, nameOf, type PodSpec, podSpecOf, value } from "../manifest";
import type { ResourceRule } from "../rule";

function hostShares(pod: PodSpec | undefined): string[] {
  const flags = ["hostNetwork", "hostPID", "hostIPC"] as const;
  const volumes = (value(pod?.volumes) ?? []).filter((volume) => value(volume.hostPath) !== undefined);
  return [
    ...flags.filter((flag) => fails(pod?.[flag], (shared) => shared !== true)),
    ...volumes.map((volume) => `hostPath volume ${value(volume.name) ?? "(unnamed)"}`),
  ];
}

/** Whoever shares the node's namespaces or files owns the node. */
export const hostAccess: ResourceRule = {
  kind: "resource",
  name: "no-host-access",
  description: "Pods share no namespace and no files with the node.",
  check: (resource) =>
    hostShares(podSpecOf(resource)).map((share) => `${nameOf(resource.props)} uses ${share}; remove it`),
};
