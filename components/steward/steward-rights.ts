import type { Stewardship } from "../database";
import type { Statement } from "../identity";
import type { QuorumAccess } from "../quorum";
import { memberIn } from "./steward-environment";

/** What a site's steward may do on AWS: nothing that what it leads does not need. */
export const stewardRights = (
  { access, stewardship }: { readonly access: QuorumAccess; readonly stewardship: Stewardship },
  region: string,
): Statement[] => [...quorumRights(access, region), ...databaseRights(stewardship, region)];

/** One item is read whole, and put whole where it is still what was read. */
function quorumRights(access: QuorumAccess, region: string): Statement[] {
  if (access.kind !== "table") return [];
  const replica = access.replicas[region];
  return replica === undefined
    ? []
    : [{ name: "Quorum", actions: ["dynamodb:GetItem", "dynamodb:PutItem"], resources: [replica.arn] }];
}

/** Who leads whom is read, and changed for the whole database, which AWS asks of every part of it. */
function databaseRights(stewardship: Stewardship, region: string): Statement[] {
  if (stewardship.kind !== "managed") return [];
  const { arn, members } = stewardship;
  const own = memberIn(members, region).arn;
  const all = [arn, ...Object.values(members).map((member) => member.arn)];
  return [
    { name: "SeeDatabase", actions: ["rds:DescribeGlobalClusters"], resources: [arn] },
    { name: "SeeCluster", actions: ["rds:DescribeDBClusters"], resources: [own] },
    {
      name: "TakeOver",
      actions: ["rds:FailoverGlobalCluster", "rds:SwitchoverGlobalCluster"],
      resources: all,
    },
  ];
}
