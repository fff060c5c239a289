import { isOpen } from "../cidrs";
import { elements, input, on, unmet } from "../inputs";
import { fails } from "../manifest";
import type { ResourceRule } from "../rule";

export const privateControlPlane: ResourceRule = {
  kind: "resource",
  name: "private-control-plane",
  description: "EKS' API is reached from inside the VPC, and from outside only by named blocks.",
  why: "An API server that everybody reaches leaves nothing but its own flaws between the internet and the cluster.",
  check: (resource) => {
    if (resource.type !== "aws:eks/cluster:Cluster") return [];
    const blocks = input(resource, "vpcConfig.publicAccessCidrs");
    const admitsAll = fails(blocks, () => elements(blocks).length > 0 && !elements(blocks).some(isOpen));
    // AWS' own default is open to everybody.
    const isPublic = fails(input(resource, "vpcConfig.endpointPublicAccess"), (flag) => flag === false);
    return [
      ...unmet(resource, [on("vpcConfig.endpointPrivateAccess")]),
      ...(isPublic && admitsAll
        ? [
            `${resource.name}: vpcConfig.endpointPublicAccess is on for everybody; must be false, or limited to blocks ` +
              "in publicAccessCidrs",
          ]
        : []),
    ];
  },
};
