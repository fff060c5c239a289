import { setMaxListeners } from "node:events";

import { ClusterClient } from "./client";
import type { Settings } from "./config";
import { messageOf } from "./errors";
import { ApiConnection } from "./http";
import { clusterAccess } from "./kubeconfig";
import type { GroupVersionKind } from "./kinds";
import { knownScope } from "./kinds";

/** A cluster that answered, or the reason why there is none. */
export type Cluster = ReachableCluster | UnreachableCluster;

interface ReachableCluster {
  readonly reachable: true;
  readonly client: ClusterClient;
  /** Namespace of objects that name none. */
  readonly defaultNamespace: string;
}

interface UnreachableCluster {
  readonly reachable: false;
  readonly reason: string;
  readonly defaultNamespace: string;
}

/**
 * Finds the cluster and makes sure that it answers. A cluster that can't be reached is no error yet: previews work without
 * one.
 */
export async function connect(settings: Settings, signal: AbortSignal): Promise<Cluster> {
  // Every request in flight listens to the signal; many at once are no leak.
  setMaxListeners(0, signal);
  let defaultNamespace = settings.namespace ?? "";
  try {
    const access = await clusterAccess(settings.cluster);
    defaultNamespace = settings.namespace ?? access.namespace;
    const connection = new ApiConnection({
      server: access.server,
      credentials: access.credentials,
      requestTimeoutMilliseconds: settings.requestTimeoutSeconds * 1000,
    });
    const client = new ClusterClient(connection, signal);
    // Asks for something that needs a login, so that wrong credentials are told now and not with every resource.
    await client.discovery.resolve("v1", "Namespace");
    return { reachable: true, client, defaultNamespace };
  } catch (error) {
    return { reachable: false, reason: messageOf(error), defaultNamespace };
  }
}

/** The client of a cluster that an operation can't do without. */
export function requireClient(cluster: Cluster): ClusterClient {
  if (!cluster.reachable) {
    throw new Error(`configured Kubernetes cluster is unreachable: ${cluster.reason}`);
  }
  return cluster.client;
}

/** Whether a kind lives in a namespace; where nobody can tell yet, it is taken to. */
export async function isNamespaced(cluster: Cluster, gvk: GroupVersionKind): Promise<boolean> {
  const scope = cluster.reachable ? await cluster.client.discovery.namespaced(gvk) : knownScope(gvk);
  return scope ?? true;
}

/** Whether the cluster is there and serves the kind, so that it can work out a preview. */
export async function canPreview(cluster: Cluster, gvk: GroupVersionKind): Promise<boolean> {
  return cluster.reachable && (await cluster.client.discovery.serves(gvk));
}
