import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Labels, type Place, serviceHost } from "../core";
import type { Exposure } from "./router";

type ServiceSpec = k8s.types.input.core.v1.ServiceSpec;

/** Name of the router's Service. */
export const routerName = "router";

/** Port of the router's Service inside the cluster. */
const servicePort = 80;

/** The spec of a Service that exposes the selected pods' port `http`. */
export function exposedService(exposure: Exposure, selector: Labels): ServiceSpec {
  const port = { name: "http", port: servicePort, targetPort: "http" };
  // Only nodes with a router answer, without a second hop: the router sees the client's own address.
  const externalTrafficPolicy = "Local";
  switch (exposure.kind) {
    case "nodePort":
      return {
        type: "NodePort",
        selector,
        ports: [{ ...port, nodePort: exposure.nodePort }],
        externalTrafficPolicy,
      };
    case "loadBalancer":
      return { type: "LoadBalancer", selector, ports: [port], externalTrafficPolicy };
    case "clusterIp":
      return { type: "ClusterIP", selector, ports: [port] };
  }
}

/** Where the router is reached from inside its cluster, however it is exposed. */
export const routerInside = (name: string, place: Place): string =>
  `http://${serviceHost(name, place.namespaceName)}`;

/** Where clients reach an exposed Service. */
export function endpointOf(
  exposure: Exposure,
  service: k8s.core.v1.Service,
  { name, place }: { readonly name: string; readonly place: Place },
): pulumi.Output<string> {
  switch (exposure.kind) {
    case "nodePort":
      return pulumi.output(`http://${exposure.host}:${exposure.nodePort}`);
    case "loadBalancer": {
      const first = service.status.loadBalancer.ingress[0];
      return pulumi.interpolate`http://${pulumi.all([first?.hostname, first?.ip]).apply(([host, ip]) => host ?? ip)}`;
    }
    case "clusterIp":
      return pulumi.output(routerInside(name, place));
  }
}
