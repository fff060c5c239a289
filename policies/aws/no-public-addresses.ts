import { type Demand, elements, follow, input, off, unmet } from "../inputs";
import { fails } from "../manifest";
import type { ResourceRule } from "../rule";

const demands: Readonly<Record<string, readonly Demand[]>> = {
  "aws:ec2/instance:Instance": [off("associatePublicIpAddress")],
  "aws:ec2/subnet:Subnet": [off("mapPublicIpOnLaunch")],
};

const isPublic = (card: unknown): boolean =>
  fails(follow(card, "associatePublicIpAddress"), (flag) => flag !== "true" && flag !== true);

export const noPublicAddresses: ResourceRule = {
  kind: "resource",
  name: "no-public-addresses",
  description: "No subnet, instance or launch template gives machines a public address.",
  why: "A machine with an address of its own is reached past the load balancer and its rules.",
  check: (resource) => [
    ...unmet(resource, demands[resource.type] ?? []),
    ...(resource.type === "aws:ec2/launchTemplate:LaunchTemplate"
      ? elements(input(resource, "networkInterfaces"))
          .filter(isPublic)
          .map(() => `${resource.name}: a network interface has associatePublicIpAddress; must be false`)
      : []),
  ],
};
