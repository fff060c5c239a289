import { on, unmet } from "../inputs";
import type { ResourceRule } from "../rule";

export const trustedRepositories: ResourceRule = {
  kind: "resource",
  name: "trusted-repositories",
  description: "ECR repositories have immutable tags and scan each image that is pushed.",
  why: "A tag that can be moved lets another program run under a name that was reviewed, holes and all.",
  check: (resource) =>
    resource.type === "aws:ecr/repository:Repository"
      ? unmet(resource, [
          {
            path: "imageTagMutability",
            holds: (mutability) => mutability === "IMMUTABLE",
            allowed: '"IMMUTABLE"',
          },
          on("imageScanningConfiguration.scanOnPush"),
        ])
      : [],
};
