import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Labels, metadataOf, type Place, type Role, serviceHost, ValidationError } from "../core";
import type { Exposure, Front } from "./router";

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
    case "networkLoadBalancer":
    case "clusterIp":
      return { type: "ClusterIP", selector, ports: [port] };
  }
}

/**
 * What the namespace of an exposed router must say. Behind a load balancer beside the cluster pods count as ready once that
 * sends them requests, or a rollout would replace them faster than it hears of them.
 */
export const namespaceLabels = ({ kind }: Exposure): Labels =>
  kind === "networkLoadBalancer" ? { "eks.amazonaws.com/pod-readiness-gate-inject": "enabled" } : {};

/** Where the router is reached from inside its cluster, however it is exposed. */
export const routerInside = (name: string, place: Place): string =>
  `http://${serviceHost(name, place.namespaceName)}`;

/** A router as it is exposed. */
export interface Exposed {
  readonly exposure: Exposure;
  readonly service: k8s.core.v1.Service;
  readonly place: Place;
  readonly role: Role;
  readonly front: Front | undefined;
}

/** Where clients reach an exposed Service. */
export function endpointOf({ exposure, service, place, role, front }: Exposed): pulumi.Output<string> {
  switch (exposure.kind) {
    case "nodePort":
      return pulumi.output(`http://${exposure.host}:${exposure.nodePort}`);
    case "loadBalancer": {
      const first = service.status.loadBalancer.ingress[0];
      return pulumi.interpolate`http://${pulumi.all([first?.hostname, first?.ip]).apply(([host, ip]) => host ?? ip)}`;
    }
    case "networkLoadBalancer":
      return pulumi.output(frontOf(front).url);
    case "clusterIp":
      return pulumi.output(routerInside(role.instance, place));
  }
}

/** Has the cluster register the Service's pods with who stands in front of them, and take them out again. */
export function joinFront(name: string, exposed: Exposed, opts: pulumi.CustomResourceOptions): void {
  const { exposure, service, place, role, front } = exposed;
  if (exposure.kind !== "networkLoadBalancer") return;
  new k8s.apiextensions.CustomResource(
    name,
    {
      apiVersion: "eks.amazonaws.com/v1",
      kind: "TargetGroupBinding",
      metadata: metadataOf(place, role),
      spec: {
        serviceRef: { name: service.metadata.name, port: servicePort },
        targetGroupARN: frontOf(front).targets,
        targetType: "ip",
      },
    },
    opts,
  );
}

function frontOf(front: Front | undefined): Front {
  if (front !== undefined) return front;
  const allowed = "there, since the routing's exposure is a network load balancer";
  throw new ValidationError("the router", [{ path: ["front"], found: "missing", allowed }]);
}
