import { type Demand, elements, isUncertain, on, present, unmet } from "../inputs";
import type { ResourceRule } from "../rule";

const key = "a key of the stack's own, by its ARN";

/** What says that a kind of resource encrypts what it keeps. */
const demands: Readonly<Record<string, readonly Demand[]>> = {
  "aws:cloudwatch/logGroup:LogGroup": [present("kmsKeyId", key)],
  "aws:dynamodb/table:Table": [on("serverSideEncryption.enabled")],
  "aws:ecr/repository:Repository": [
    {
      path: "encryptionConfigurations.0.encryptionType",
      holds: (type) => type === "KMS" || type === "KMS_DSSE",
      allowed: '"KMS"',
    },
  ],
  "aws:eks/cluster:Cluster": [
    present("encryptionConfig.provider.keyArn", key),
    {
      path: "encryptionConfig.resources",
      holds: (resources) => isUncertain(resources) || elements(resources).includes("secrets"),
      allowed: '["secrets"]',
    },
  ],
  "aws:rds/cluster:Cluster": [on("storageEncrypted"), present("kmsKeyId", key)],
  "aws:rds/globalCluster:GlobalCluster": [on("storageEncrypted")],
  "aws:rds/instance:Instance": [on("storageEncrypted"), present("kmsKeyId", key)],
  "aws:sns/topic:Topic": [present("kmsMasterKeyId", key)],
};

export const encryptedAtRest: ResourceRule = {
  kind: "resource",
  name: "encrypted-at-rest",
  description:
    "Databases, tables, images, topics, logs and the cluster's Secrets are encrypted with KMS keys.",
  why: "A disk, a snapshot or a backup that gets out must be of no use to whoever has it.",
  check: (resource) => unmet(resource, demands[resource.type] ?? []),
};
