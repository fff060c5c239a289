import { createHash } from "node:crypto";
import {
  type NamedHost,
  type Path,
  type PeerSite,
  type PeerSites,
  type Problem,
  type Role,
  serviceHost,
  show,
  type VolumeConfig,
} from "../core";
import { memberSites, type ReplicatedConfig, replicatedProblems, type SiteNames } from "./database";
import { leastMemoryMebibytes } from "./mysql-config";

/** Ports of every node that lead to the member in its cluster. */
export interface MysqlNodePorts {
  /** For replication, and for writes and reads from other regions. */
  readonly mysql: number;
  /** For the members' vote; used by mode `group` only. */
  readonly group: number;
}

/** MySQL in each region's own cluster. */
export type KubernetesMysqlConfig = ReplicatedConfig & {
  readonly kind: "mysql";
  /** The volume of each member. */
  readonly storage: VolumeConfig;
  /** What a member's pod may use; what the server does not need holds rows. A change restarts every member. */
  readonly memoryMebibytes: number;
  /**
   * Ports of every node. A change cuts members off from each other until all of them know it.
   * @default 30306 for MySQL, 30361 for the group
   */
  readonly ports?: MysqlNodePorts | undefined;
};

const defaultPorts: MysqlNodePorts = { mysql: 30306, group: 30361 };

/** The ports, where nobody said otherwise. */
export const nodePorts = ({ ports = defaultPorts }: KubernetesMysqlConfig): MysqlNodePorts => ports;

/** What is wrong with MySQL over these sites. */
export function kubernetesMysqlProblems(
  config: KubernetesMysqlConfig,
  sites: SiteNames,
  path: Path,
): Problem[] {
  const { mode, memoryMebibytes } = config;
  const { mysql, group } = nodePorts(config);
  const problems = replicatedProblems(config, sites, path);
  const least = leastMemoryMebibytes(mode);
  if (memoryMebibytes < least) {
    const fix = `mode ${show(mode)} needs that much before it holds rows in memory`;
    const at = [...path, "memoryMebibytes"];
    problems.push({ path: at, found: show(memoryMebibytes), allowed: `at least ${least}`, fix });
  }
  if (mysql === group) {
    const at = [...path, "ports", "group"];
    const allowed = `a port of its own, such as ${defaultPorts.group}`;
    problems.push({ path: at, found: show(group), allowed, fix: `MySQL itself is on ${mysql}` });
  }
  return problems;
}

/** Services of a member: its pod, the way in from other sites, and the two routes that its steward leads. */
export const serviceNames = {
  member: "database",
  peer: "database-peer",
  writer: "database-writer",
  reader: "database-reader",
} as const;

/** A member, as far as it is known before anything exists. */
export interface PlannedMember {
  readonly site: string;
  readonly at: PeerSite;
  /** Its StatefulSet; what Kubernetes makes of it is `member`. */
  readonly instance: string;
  /** The name of its pod, in its certificate and to its peers. */
  readonly name: string;
  /** Tells its transactions from those of the others. */
  readonly serverId: number;
  /** How likely a group votes for it, from 0 to 100. */
  readonly weight: number;
  readonly witness: boolean;
}

/** What every object of the database is labelled as. */
export const roleOf = ({ instance }: Pick<PlannedMember, "instance">): Role => ({
  name: "database",
  instance,
  component: "database",
});

/** The members by site. */
export function planMembers(
  args: { readonly sites: PeerSites; readonly witness?: string | undefined },
  { mode, preferredWriter }: KubernetesMysqlConfig,
): PlannedMember[] {
  return Object.entries(memberSites(args, mode)).map(([site, at]) => {
    const witness = site === args.witness;
    const weight = witness ? 0 : site === preferredWriter ? 60 : 50;
    const instance = `database-${site}`;
    return { site, at, instance, name: `${instance}-0`, serverId: serverIdOf(site), weight, witness };
  });
}

const greatestServerId = 2 ** 31 - 1;

/** From the site's name alone, so that a site more changes no other. */
export const serverIdOf = (site: string): number =>
  1 + (createHash("sha256").update(site).digest().readUInt32BE() % greatestServerId);

/** What the others know a member by. */
export const hostOf = ({ name, at }: PlannedMember): NamedHost => ({ name, address: at.network.address });

/** Every name that somebody reaches a member by. */
export function certificateNames({ name, at }: PlannedMember): string[] {
  const services = [serviceNames.member, serviceNames.writer, serviceNames.reader];
  return [
    name,
    `${name}.${serviceNames.member}`,
    "localhost",
    ...services.flatMap((service) => [service, serviceHost(service, at.place.namespaceName)]),
  ];
}
