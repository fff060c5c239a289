import { show, ValidationError } from "../core";
import type { Member, Stewardship } from "../database";
import type { Quorum } from "../quorum";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** What a steward is told. */
export interface StewardSettings {
  readonly region: string;
  readonly namespaceName: string;
  readonly quorum: Pick<Quorum, "voters" | "leaseSeconds">;
  readonly stewardship: Stewardship;
  readonly serving?: string | undefined;
  readonly logLevel?: LogLevel | undefined;
}

/** Sites with a member, each of which needs a steward. */
export const stewardedSites = ({ members }: Pick<Stewardship, "members">): string[] => Object.keys(members);

/** The member that a site's steward leads. */
export function memberIn({ members }: Pick<Stewardship, "members">, region: string): Member {
  const member = members[region];
  if (member !== undefined) return member;
  const allowed = `a site with a member: ${Object.keys(members).join(", ")}`;
  throw new ValidationError("a steward", [{ path: ["region"], found: show(region), allowed }]);
}

/** Its environment, but for what its pod says itself. The prefix keeps stacks apart that share a quorum. */
export function stewardEnvironment(settings: StewardSettings): Readonly<Record<string, string>> {
  const { region, namespaceName, quorum, stewardship, serving, logLevel = "info" } = settings;
  const { name, witness, local } = memberIn(stewardship, region);
  const voters = Object.values(quorum.voters);
  return {
    DATABASE_ADMIN_PORT: String(local.adminPort),
    DATABASE_HOST: local.host,
    DATABASE_MEMBER: name,
    DATABASE_MODE: stewardship.mode,
    DEGRADE_AFTER_SECONDS: String(stewardship.degradeAfterSeconds),
    GUARD_URL: local.guard,
    HOLD_DOWN_SECONDS: String(stewardship.holdDownSeconds),
    LEASE_SECONDS: String(quorum.leaseSeconds),
    LOG_LEVEL: logLevel,
    // Without routes to lead, without a region to serve.
    NAMESPACE: witness ? "" : namespaceName,
    PREFERRED_WRITER: stewardship.preferredWriter,
    QUORUM_ENDPOINTS: voters.map(({ url }) => url).join(","),
    QUORUM_PREFIX: `/twinstack/${namespaceName}/`,
    QUORUM_WITNESS: voters.find((voter) => voter.witness)?.name ?? "",
    REGION: region,
    REGIONS: JSON.stringify(Object.entries(stewardship.members).map(regionEntry)),
    ROLE: witness ? "witness" : "region",
    SERVING_URL: serving ?? "",
  };
}

const regionEntry = ([name, { address, port, witness }]: [string, Member]) => ({
  name,
  address,
  databasePort: port,
  witness,
});
