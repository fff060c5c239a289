import type { Input } from "@pulumi/pulumi";
import { needed, show, ValidationError } from "../core";
import type { GuardedStewardship, ManagedMember, ManagedStewardship, Member, Stewardship } from "../database";
import type { Quorum, QuorumAccess } from "../quorum";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** What a steward is told. */
export interface StewardSettings {
  readonly region: string;
  readonly namespaceName: string;
  readonly quorum: Pick<Quorum, "access" | "leaseSeconds">;
  readonly stewardship: Stewardship;
  readonly serving?: string | undefined;
  readonly logLevel?: LogLevel | undefined;
}

/** Environment variables; some are known only once something exists. */
export type StewardEnvironment = Readonly<Record<string, Input<string>>>;

/** Sites with a member, each of which needs a steward. */
export const stewardedSites = ({ members }: Pick<Stewardship, "members">): string[] => Object.keys(members);

/** The member that a site's steward leads. */
export function memberIn<Of extends Member | ManagedMember>(
  members: Readonly<Record<string, Of>>,
  region: string,
): Of {
  const member = members[region];
  if (member !== undefined) return member;
  const allowed = `a site with a member: ${Object.keys(members).join(", ")}`;
  throw new ValidationError("a steward", [{ path: ["region"], found: show(region), allowed }]);
}

/** Its environment, but for what its pod says itself. */
export function stewardEnvironment(settings: StewardSettings): StewardEnvironment {
  const { region, namespaceName, quorum, stewardship, serving, logLevel = "info" } = settings;
  return {
    ...quorumEnvironment(quorum.access, region),
    ...databaseEnvironment(stewardship, region),
    DATABASE_MODE: stewardship.mode,
    HOLD_DOWN_SECONDS: String(stewardship.holdDownSeconds),
    LEASE_SECONDS: String(quorum.leaseSeconds),
    LOG_LEVEL: logLevel,
    // Without routes to lead, without a region to serve.
    NAMESPACE: isWitness(stewardship, region) ? "" : namespaceName,
    PREFERRED_WRITER: stewardship.preferredWriter,
    // Keeps stacks apart that share a quorum.
    QUORUM_PREFIX: `/twinstack/${namespaceName}/`,
    REGION: region,
    ROLE: isWitness(stewardship, region) ? "witness" : "region",
    SERVING_URL: serving ?? "",
  };
}

/** Only a member of our own can be where nobody is served. */
const isWitness = (stewardship: Stewardship, region: string): boolean =>
  stewardship.kind === "guarded" && memberIn(stewardship.members, region).witness;

function quorumEnvironment(access: QuorumAccess, region: string): StewardEnvironment {
  switch (access.kind) {
    case "voters": {
      const voters = Object.values(access.voters);
      return {
        QUORUM_ENDPOINTS: voters.map(({ url }) => url).join(","),
        QUORUM_WITNESS: voters.find((voter) => voter.witness)?.name ?? "",
      };
    }
    case "table": {
      const allowed = "a site with a copy of the quorum's table";
      const replica = needed(access.replicas[region], "a steward", { path: ["region"], allowed });
      return {
        QUORUM_KIND: "dynamodb",
        QUORUM_TABLE: access.table,
        // Its own copy: a read there gives the last write of any region.
        QUORUM_REGION: replica.region,
      };
    }
  }
}

function databaseEnvironment(stewardship: Stewardship, region: string): StewardEnvironment {
  switch (stewardship.kind) {
    case "guarded":
      return guardedEnvironment(stewardship, region);
    case "managed":
      return managedEnvironment(stewardship, region);
  }
}

function guardedEnvironment(
  { members, degradeAfterSeconds }: GuardedStewardship,
  region: string,
): StewardEnvironment {
  const { name, local } = memberIn(members, region);
  return {
    DATABASE_ADMIN_PORT: String(local.adminPort),
    DATABASE_HOST: local.host,
    DATABASE_MEMBER: name,
    DEGRADE_AFTER_SECONDS: String(degradeAfterSeconds),
    GUARD_URL: local.guard,
    REGIONS: JSON.stringify(Object.entries(members).map(regionEntry)),
  };
}

const regionEntry = ([name, { address, port, witness }]: [string, Member]) => ({
  name,
  address,
  databasePort: port,
  witness,
});

function managedEnvironment({ members, name }: ManagedStewardship, region: string): StewardEnvironment {
  const { cluster, writer, reader } = memberIn(members, region);
  return {
    DATABASE_KIND: "aurora",
    DATABASE_GLOBAL_CLUSTER: name,
    DATABASE_CLUSTER: cluster,
    DATABASE_HOST: writer,
    DATABASE_READER_HOST: reader,
    // AWS knows how they reach each other.
    REGIONS: JSON.stringify(Object.keys(members).map((each) => ({ name: each }))),
  };
}
