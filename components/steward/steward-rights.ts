import type { Statement } from "../aws";
import type { Stewardship } from "../database";
import type { QuorumAccess } from "../quorum";

/** What a site's steward may do on AWS: nothing that what it leads does not need. */
export const stewardRights = (
  { access, stewardship }: { readonly access: QuorumAccess; readonly stewardship: Stewardship },
  region: string,
): Statement[] => [...quorumRights(access, region), ...databaseRights(stewardship)];

/** One item is read whole, and put whole where it is still what was read. */
function quorumRights(access: QuorumAccess, region: string): Statement[] {
  if (access.kind !== "table") return [];
  const replica = access.replicas[region];
  return replica === undefined ? [] : [allow(["dynamodb:GetItem", "dynamodb:PutItem"], [replica.arn])];
}

/** Who leads whom is read, and changed for the whole database, which AWS asks of every part of it. */
function databaseRights(stewardship: Stewardship): Statement[] {
  if (stewardship.kind !== "managed") return [];
  const { arn, members } = stewardship;
  const all = [arn, ...Object.values(members).map((member) => member.arn)];
  return [
    allow(["rds:DescribeGlobalClusters"], [arn]),
    allow(["rds:FailoverGlobalCluster", "rds:SwitchoverGlobalCluster"], all),
  ];
}

const allow = (actions: readonly string[], resources: readonly string[]): Statement => ({
  Effect: "Allow",
  Action: actions,
  Resource: resources,
});
