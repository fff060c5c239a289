import { elements, input, isUncertain } from "../inputs";
import type { ResourceRule } from "../rule";

const logs = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

export const controlPlaneLogs: ResourceRule = {
  kind: "resource",
  name: "control-plane-logs",
  description: "EKS writes all five logs of a cluster's control plane.",
  why: "Without the audit log nobody can tell afterwards who did what.",
  check: (resource) => {
    if (resource.type !== "aws:eks/cluster:Cluster") return [];
    const enabled = input(resource, "enabledClusterLogTypes");
    const missing = logs.filter((log) => !elements(enabled).includes(log));
    return isUncertain(enabled) || missing.length === 0
      ? []
      : [`${resource.name}: enabledClusterLogTypes lacks ${missing.join(", ")}; must be ${logs.join(", ")}`];
  },
};
