import { elements, input, shown } from "../inputs";
import { at, nameOf, value } from "../manifest";
import type { Resource, ResourceRule } from "../rule";
import { texts } from "../setting";
import { componentLabel } from "../workloads";

const reachable = texts("components", "components whose Services may be reached from outside the cluster", [
  "database",
  "dns",
  "quorum",
  "router",
]);

/** How a Service is reached from outside its cluster; nothing where it is not. */
function waysIn(service: Resource): string[] {
  const type = input(service, "spec.type");
  return [
    ...(type === "NodePort" || type === "LoadBalancer" ? [`type ${type}`] : []),
    ...(elements(input(service, "spec.externalIPs")).length > 0 ? ["externalIPs"] : []),
  ];
}

export const networkExposure: ResourceRule = {
  kind: "resource",
  name: "network-exposure",
  description:
    "Only Services meant for it are reached from outside the cluster, and no Ingress goes past the router.",
  why: "A port opened for a look at something stays open; past the router there is neither draining nor weights.",
  settings: [reachable],
  check: (resource, read) => {
    if (/^kubernetes:networking.*:Ingress$/.test(resource.type)) {
      return [`${nameOf(resource.props)} is an Ingress; must be left out: the router is the way in`];
    }
    if (!/^kubernetes:core\/v1:Service$/.test(resource.type)) return [];
    const component = at(at(resource.props.metadata, "labels"), componentLabel);
    return read(reachable).includes(value(component) ?? "")
      ? []
      : waysIn(resource).map(
          (way) =>
            `${nameOf(resource.props)} of component ${shown(component)} has ${way}; must be ClusterIP, or of ` +
            read(reachable).join(", "),
        );
  },
};
