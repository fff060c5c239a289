import { fails, nameOf, podSpecOf } from "../manifest";
import type { ResourceRule } from "../rule";

export const serviceAccountToken: ResourceRule = {
  kind: "resource",
  name: "no-service-account-token",
  description: "Pods do not mount a service account token.",
  why: "A pod that never calls the Kubernetes API should not carry a key to it.",
  check: (resource) => {
    const pod = podSpecOf(resource);
    return pod !== undefined && fails(pod.automountServiceAccountToken, (flag) => flag === false)
      ? [
          `${nameOf(resource.props)} mounts a service account token; set automountServiceAccountToken to false`,
        ]
      : [];
  },
};
