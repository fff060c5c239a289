import { namespace, replicationController, resourceQuota, secret } from "./core";
import { customResourceDefinition } from "./crd";
import { daemonSet } from "./daemonset";
import { deployment } from "./deployment";
import { ingress } from "./ingress";
import { job } from "./job";
import { pod } from "./pod";
import { service } from "./service";
import { statefulSet } from "./statefulset";
import { persistentVolume, persistentVolumeClaim } from "./storage";
import { parseApiVersion } from "../../kinds";
import type { AwaitedKind } from "../decision";
import type { KubernetesObject } from "../types";

const kinds: ReadonlyMap<string, AwaitedKind> = new Map([
  ["/Namespace", namespace],
  ["/PersistentVolume", persistentVolume],
  ["/PersistentVolumeClaim", persistentVolumeClaim],
  ["/Pod", pod],
  ["/ReplicationController", replicationController],
  ["/ResourceQuota", resourceQuota],
  ["/Secret", secret],
  ["/Service", service],
  ["apiextensions.k8s.io/CustomResourceDefinition", customResourceDefinition],
  ["apps/DaemonSet", daemonSet],
  ["apps/Deployment", deployment],
  ["apps/StatefulSet", statefulSet],
  ["batch/Job", job],
  ["networking.k8s.io/Ingress", ingress],
]);

/** How objects of this kind become ready; undefined for kinds that are ready as soon as they exist. */
export function awaitedKind(object: KubernetesObject): AwaitedKind | undefined {
  return kinds.get(`${parseApiVersion(object.apiVersion).group}/${object.kind}`);
}
