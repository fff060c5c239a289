import { type Demand, unmet } from "../inputs";
import type { ResourceRule } from "../rule";

const types = [
  "aws:ec2/instance:Instance",
  "aws:ec2/launchConfiguration:LaunchConfiguration",
  "aws:ec2/launchTemplate:LaunchTemplate",
];

const tokens: Demand = {
  path: "metadataOptions.httpTokens",
  holds: (value) => value === "required",
  allowed: '"required"',
};

export const instanceMetadataTokens: ResourceRule = {
  kind: "resource",
  name: "instance-metadata-tokens",
  description: "Instances answer for their role's credentials only to whoever has a session token (IMDSv2).",
  why: "With the first version, one forged request from inside is enough to take the node's role.",
  check: (resource) => (types.includes(resource.type) ? unmet(resource, [tokens]) : []),
};
