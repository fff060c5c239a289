import { listAt, namespaceOf, textAt } from "../fields";
import { TEN_MINUTES } from "../decision";
import type { AwaitedKind, Decision, Related, Snapshot } from "../decision";
import type { KubernetesObject } from "../types";
import { valueAt } from "../../values";

/** How long a Service without any pod waits for the first: its workload may be on the way. */
export const PODS_GRACE_MS = 10_000;

const noPods =
  "Service does not target any Pods. Selected Pods may not be ready, or " +
  "field '.spec.selector' may not match labels on any Pods";
const noAddress = "Service was not allocated an IP address; does your cloud provider support this?";

/** A Service is ready when all pods it selects are ready for traffic and a load balancer, if asked for, has an address. */
export const service: AwaitedKind = {
  timeoutSeconds: TEN_MINUTES,
  checkedOnRead: true,
  related: (object) => (needsPods(object) ? [endpointsOf(object)] : []),
  decide: decideService,
};

function decideService(snapshot: Snapshot): Decision {
  const { object } = snapshot;
  const reachable = textAt(object, "spec", "type") !== "LoadBalancer" || hasAddress(object);
  if (!needsPods(object)) {
    return reachable ? { ready: true } : { ready: false, failures: [noAddress], status: allocating };
  }
  const targets = countTargets(snapshot.related("endpoints"));
  const settled = targets.ready > 0 || snapshot.quietMs >= PODS_GRACE_MS;
  const directed = targets.pending === 0 && settled;
  if (directed && reachable) return { ready: true, status: "Service initialization complete" };
  return {
    ready: false,
    status: directed ? allocating : "[1/3] Finding Pods to direct traffic to",
    failures: [
      ...(targets.ready > 0 ? pendingFailure(targets.pending) : [noPods]),
      ...(reachable ? [] : [noAddress]),
    ],
    ...(settled ? {} : { recheckMs: PODS_GRACE_MS - snapshot.quietMs }),
  };
}

const allocating = "[2/3] Attempting to allocate IP address to Service";

function needsPods(object: KubernetesObject): boolean {
  const external = textAt(object, "spec", "type") === "ExternalName";
  const headless = textAt(object, "spec", "clusterIP") === "None";
  return !external && !headless && Object.keys(valueAt(object, "spec", "selector") ?? {}).length > 0;
}

function hasAddress(object: KubernetesObject): boolean {
  return listAt(object, "status", "loadBalancer", "ingress").length > 0;
}

function pendingFailure(pending: number): string[] {
  return pending === 0 ? [] : [`Service targets ${pending} Pods that are not ready`];
}

/** Slices first; clusters and roles that don't show them may still show the older Endpoints. */
function endpointsOf(object: KubernetesObject): Related {
  const { name } = object.metadata;
  const namespace = namespaceOf(object);
  return {
    name: "endpoints",
    refs: [
      {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        ...namespace,
        labelSelector: `kubernetes.io/service-name=${name}`,
      },
      { apiVersion: "v1", kind: "Endpoints", ...namespace, fieldSelector: `metadata.name=${name}` },
    ],
  };
}

function countTargets(endpoints: readonly KubernetesObject[]): { ready: number; pending: number } {
  let ready = 0;
  let pending = 0;
  for (const entry of endpoints) {
    for (const target of listAt(entry, "endpoints")) {
      if (valueAt(target, "conditions", "ready") !== false) ready += 1;
      // A pod on its way out is nothing to wait for.
      else if (valueAt(target, "conditions", "terminating") !== true) pending += 1;
    }
    for (const subset of listAt(entry, "subsets")) {
      ready += listAt(subset, "addresses").length;
      pending += listAt(subset, "notReadyAddresses").length;
    }
  }
  return { ready, pending };
}
