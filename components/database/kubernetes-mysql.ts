import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { inSite, needed, type PeerSites, peerSites, refuse, serviceHost, type Transform } from "../core";
import { Account, type Authority } from "../trust";
import {
  type Database,
  type DatabaseArgs,
  holdDownSecondsOf,
  type Member,
  type RegionDatabase,
  siteNames,
  type Stewardship,
} from "./database";
import { MysqlMember } from "./mysql-member";
import {
  certificateNames,
  type KubernetesMysqlConfig,
  kubernetesMysqlProblems,
  nodePorts,
  planMembers,
  type PlannedMember,
  roleOf,
  serviceNames,
} from "./mysql-plan";
import { mysqlPorts } from "./mysql-pod";
import { type DataPromise, promiseOf } from "./replication";

/** {@link KubernetesMysqlConfig} and what the topology adds. */
export interface KubernetesMysqlArgs extends DatabaseArgs {
  readonly database: KubernetesMysqlConfig;
  /**
   * The last word on a child's arguments, in every site.
   * @default nothing is changed
   */
  readonly transform?: KubernetesMysqlTransform | undefined;
}

/** The escape hatch for each child of a member. */
export interface KubernetesMysqlTransform {
  readonly config?: Transform<k8s.core.v1.ConfigMapArgs> | undefined;
  readonly statefulSet?: Transform<k8s.apps.v1.StatefulSetArgs> | undefined;
  /** Every Service of a member, told apart by `metadata.name`. */
  readonly service?: Transform<k8s.core.v1.ServiceArgs> | undefined;
  readonly disruptionBudget?: Transform<k8s.policy.v1.PodDisruptionBudgetArgs> | undefined;
  readonly networkPolicy?: Transform<k8s.networking.v1.NetworkPolicyArgs> | undefined;
}

/** Every account. What each of them may do is the guard's to say, which makes them: services/internal/guard/accounts.go. */
const accountNames = ["steward", "replication", "app", "migrate", "probe"] as const;
type AccountName = (typeof accountNames)[number];

/** Secrets with `username` and `password`, by account. */
export type AccountSecrets = Readonly<Record<AccountName, pulumi.Output<string>>>;

/** The database that the guard makes for the service. */
const databaseName = "app";

/** One MySQL over several clusters: a member in each site, all of them closed until their stewards agree on a writer. */
export class KubernetesMysql extends pulumi.ComponentResource implements Database {
  readonly byRegion: Readonly<Record<string, RegionDatabase>>;
  readonly promise: DataPromise;
  readonly stewardship: Stewardship;

  constructor(name: string, args: KubernetesMysqlArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:database:KubernetesMysql", name, {}, opts);
    const { database, leaseSeconds } = args;
    refuse(name, kubernetesMysqlProblems(database, siteNames(args), ["database"]));

    const pods = podParts(name, args);
    const plan = planMembers(pods, database);
    const secretsOf = makeAccounts(name, plan, this);
    const members = plan.reduce<readonly MadeMember[]>((before, planned) => {
      const secrets = secretsOf(planned.site);
      const parts = { ...pods, plan, planned, secrets, before: before.at(-1)?.made };
      return [...before, { planned, secrets, made: makeMember(name, parts, this) }];
    }, []);

    const bySite = <Value>(of: readonly MadeMember[], value: (member: MadeMember) => Value) =>
      Object.fromEntries(of.map((member) => [member.planned.site, value(member)]));
    const serving = members.filter(({ planned }) => !planned.witness);
    this.byRegion = bySite(serving, regionDatabase);
    this.promise = promiseOf(database.mode, leaseSeconds);
    this.stewardship = {
      kind: "guarded",
      mode: database.mode,
      members: bySite(members, (member) => memberOf(member, database)),
      preferredWriter: database.preferredWriter,
      holdDownSeconds: holdDownSecondsOf(database),
      degradeAfterSeconds: database.degradeAfterSeconds ?? 5,
    };
    const { byRegion, promise, stewardship } = this;
    this.registerOutputs({ byRegion, promise, stewardship });
  }
}

/** {@link KubernetesMysqlArgs} with what pods can't do without. */
export interface MysqlPodArgs extends KubernetesMysqlArgs {
  readonly sites: PeerSites;
  readonly authority: Authority;
  readonly images: { readonly database: pulumi.Input<string>; readonly steward: pulumi.Input<string> };
}

function podParts(name: string, args: KubernetesMysqlArgs): MysqlPodArgs {
  const { authority, images } = args;
  const member = "there, since members know each other by certificates";
  const pod = "images of MySQL and of the steward by digest, since members run in pods";
  return {
    ...args,
    sites: peerSites(args.sites, name),
    authority: needed(authority, name, { path: ["authority"], allowed: member }),
    images: needed(images, name, { path: ["images"], allowed: pod }),
  };
}

/** Makes the accounts, the same in every site; gives the Secrets of one. */
function makeAccounts(
  name: string,
  plan: readonly PlannedMember[],
  parent: pulumi.Resource,
): (site: string) => AccountSecrets {
  const sites = Object.fromEntries(plan.map(({ site, at }) => [site, at]));
  const role = roleOf({ instance: "database" });
  const secretNames = accountNames.map((username) => {
    const args = { username, role, secretName: `database-${username}`, sites };
    return [username, new Account(`${name}-${username}`, args, { parent }).secretNames] as const;
  });
  return (site) =>
    Object.fromEntries(secretNames.map(([username, names]) => [username, names[site]])) as AccountSecrets;
}

type MemberParts = MysqlPodArgs & {
  readonly plan: readonly PlannedMember[];
  readonly planned: PlannedMember;
  readonly secrets: AccountSecrets;
  /** A member that must be ready first, so that a change never takes two of them away at once. */
  readonly before: MysqlMember | undefined;
};

interface MadeMember {
  readonly planned: PlannedMember;
  readonly secrets: AccountSecrets;
  readonly made: MysqlMember;
}

function makeMember(name: string, parts: MemberParts, parent: pulumi.Resource): MysqlMember {
  const { planned, authority, before } = parts;
  // Members are each other's clients, too.
  const request = { identity: planned.name, names: certificateNames(planned), server: true, client: true };
  const certificate = authority.issue(`${name}-${planned.site}-identity`, request, { parent });
  const after = before === undefined ? {} : { dependsOn: before };
  return new MysqlMember(
    `${name}-${planned.site}`,
    { ...parts, certificate },
    { ...inSite(planned.at, parent), ...after },
  );
}

function regionDatabase({ planned, secrets, made }: MadeMember): RegionDatabase {
  const { app, migrate, probe } = secrets;
  const endpoint = (service: string) => ({
    host: serviceHost(service, planned.at.place.namespaceName),
    port: mysqlPorts.mysql,
  });
  return {
    writer: endpoint(serviceNames.writer),
    reader: endpoint(serviceNames.reader),
    databaseName,
    accounts: { app, migrate, probe },
    authorityConfigName: made.authorityConfigName,
  };
}

function memberOf({ planned, secrets }: MadeMember, config: KubernetesMysqlConfig): Member {
  const { name, at, witness } = planned;
  const { steward, replication } = secrets;
  return {
    name,
    address: at.network.address,
    port: nodePorts(config).mysql,
    witness,
    local: {
      host: serviceNames.member,
      adminPort: mysqlPorts.admin,
      guard: `https://${name}.${serviceNames.member}:${mysqlPorts.guard}`,
    },
    accounts: { steward, replication },
  };
}
