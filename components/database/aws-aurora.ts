import * as rds from "@pulumi/aws/rds";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import {
  arnOf,
  type AwsPeerSite,
  type AwsPeerSites,
  awsPeerSites,
  globalArnOf,
  inSite,
  metadataOf,
  refuse,
  type Role,
  serviceHost,
  type Transform,
  transformed,
} from "../core";
import { Account } from "../trust";
import {
  type AuroraConfig,
  auroraPort,
  auroraProblems,
  auroraPromise,
  type AuroraSettings,
  auroraSettings,
} from "./aurora-config";
import { AuroraRegion } from "./aurora-region";
import {
  type Database,
  type DatabaseArgs,
  holdDownSecondsOf,
  type ManagedAccountName,
  type ManagedMember,
  type RegionDatabase,
  siteNames,
  type Stewardship,
} from "./database";
import type { DataPromise } from "./replication";

/** {@link AuroraConfig} and what the topology adds. */
export interface AuroraArgs extends DatabaseArgs {
  readonly database: AuroraConfig;
  /**
   * The last word on a child's arguments, in every region.
   * @default nothing is changed
   */
  readonly transform?: AuroraTransform | undefined;
}

/** The escape hatch for each child that keeps data or says how. */
export interface AuroraTransform {
  readonly globalCluster?: Transform<rds.GlobalClusterArgs> | undefined;
  readonly cluster?: Transform<rds.ClusterArgs> | undefined;
  readonly instance?: Transform<rds.ClusterInstanceArgs> | undefined;
  readonly parameters?: Transform<rds.ClusterParameterGroupArgs> | undefined;
}

/** Every account. `admin` is Aurora's own; what the others may do is the steward's to say, which makes them. */
const accountNames = ["admin", "steward", "app", "migrate", "probe"] as const satisfies ManagedAccountName[];

/** Secrets with `username` and `password`, by account. */
type AccountSecrets = ManagedMember["accounts"];

const databaseName = "app";

/** Services that lead the region's clients to its gate. */
export const managedServices = { writer: "database-writer", reader: "database-reader" } as const;

/** Reads see what the same session wrote before, although another region wrote it; writes are handed on in this isolation only. */
const session = { aurora_replica_read_consistency: "session", transaction_isolation: "REPEATABLE-READ" };

const role: Role = { name: "database", instance: "database", component: "database" };

/** Aurora over two regions. It begins in the preferred one; after that, which one writes is the stewards' to say. */
export class Aurora extends pulumi.ComponentResource implements Database {
  readonly byRegion: Readonly<Record<string, RegionDatabase>>;
  readonly promise: DataPromise;
  readonly stewardship: Stewardship;
  /** The clusters' names, by region, as CloudWatch calls them. */
  readonly clusters: Readonly<Record<string, string>>;

  constructor(name: string, args: AuroraArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:database:Aurora", name, {}, opts);
    const { database, leaseSeconds } = args;
    refuse(name, auroraProblems(database, siteNames(args), ["database"]));
    const sites = awsPeerSites(args.sites, name);
    const authorities = readFileSync(database.certificateAuthorityFile, "utf8");

    const { admin, secretsOf } = makeAccounts(name, sites, this);
    const members = makeMembers(name, { ...args, sites, admin, authorities }, this);

    const bySite = <Value>(value: (member: AuroraMember) => Value) =>
      Object.fromEntries(members.map((member) => [member.name, value(member)]));
    this.byRegion = bySite((member) => regionDatabase(member, secretsOf(member.name)));
    this.promise = auroraPromise(leaseSeconds);
    this.stewardship = {
      kind: "managed",
      mode: database.mode,
      ...globalOf(sites),
      members: bySite((member) => managedMember(member, secretsOf(member.name))),
      preferredWriter: database.preferredWriter,
      holdDownSeconds: holdDownSecondsOf(database),
    };
    this.clusters = bySite(({ cluster }) => cluster);
    const { byRegion, promise, stewardship } = this;
    this.registerOutputs({ byRegion, promise, stewardship });
  }
}

/** A region's cluster. */
interface AuroraMember {
  readonly name: string;
  readonly site: AwsPeerSite;
  readonly cluster: string;
  readonly made: AuroraRegion;
  readonly authorityConfigName: pulumi.Output<string>;
}

interface MemberParts extends AuroraArgs {
  readonly sites: AwsPeerSites;
  readonly admin: Account;
  /** AWS' authorities, as PEM. */
  readonly authorities: string;
}

/** The name of the whole database and, with a site's, of its cluster. */
const nameOf = ({ place }: AwsPeerSite, site?: string): string =>
  [place.namespaceName, ...(site === undefined ? [] : [site])].join("-");

function globalOf(sites: AwsPeerSites): { readonly name: string; readonly arn: string } {
  const [first] = Object.values(sites);
  if (first === undefined) throw new Error("no sites");
  const name = nameOf(first);
  return { name, arn: globalArnOf(first.aws, "rds", `global-cluster:${name}`) };
}

/** The preferred writer's cluster first: a global database begins with one, and others join it when it is there. */
function makeMembers(name: string, parts: MemberParts, parent: pulumi.Resource): AuroraMember[] {
  const { sites, database, admin, authorities, transform } = parts;
  const settings = auroraSettings(database);
  const [home, ...others] = Object.entries(sites).sort(
    ([one], [other]) => Number(other === database.preferredWriter) - Number(one === database.preferredWriter),
  );
  if (home === undefined) return [];
  const globalCluster = new rds.GlobalCluster(
    `${name}-global`,
    transformed(globalArgs(globalOf(sites).name, settings), transform?.globalCluster),
    { parent, provider: home[1].aws.provider, protect: settings.deletionProtection },
  );
  const make = ([site, at]: [string, AwsPeerSite], begins?: AuroraRegion): AuroraMember => {
    const cluster = nameOf(at, site);
    const region = { site: at, cluster, settings, globalCluster: globalCluster.id, transform };
    const made = new AuroraRegion(
      `${name}-${site}`,
      { ...region, ...(begins === undefined ? { admin } : {}) },
      { ...inSite(at, parent), ...(begins === undefined ? {} : { dependsOn: begins }) },
    );
    const authorityConfigName = makeAuthority(`${name}-${site}-authority`, at, authorities, parent);
    return { name: site, site: at, cluster, made, authorityConfigName };
  };
  const first = make(home);
  return [first, ...others.map((other) => make(other, first.made))];
}

const globalArgs = (
  globalClusterIdentifier: string,
  { engineVersion, deletionProtection }: AuroraSettings,
): rds.GlobalClusterArgs => ({
  globalClusterIdentifier,
  engine: "aurora-mysql",
  engineVersion,
  databaseName,
  storageEncrypted: true,
  deletionProtection,
});

/** Makes the accounts' passwords and Secrets, the same in every region. */
function makeAccounts(name: string, sites: AwsPeerSites, parent: pulumi.Resource) {
  const accounts = accountNames.map((username) => {
    const args = { username, role, secretName: `database-${username}`, sites };
    return [username, new Account(`${name}-${username}`, args, { parent })] as const;
  });
  const secretsOf = (site: string) =>
    Object.fromEntries(
      accounts.map(([username, { secretNames }]) => [username, secretNames[site]]),
    ) as AccountSecrets;
  const [[, admin]] = accounts as [[string, Account]];
  return { admin, secretsOf };
}

/** AWS' authorities, where the service's pods look for them. */
const makeAuthority = (
  name: string,
  { place, provider }: AwsPeerSite,
  authorities: string,
  parent: pulumi.Resource,
): pulumi.Output<string> =>
  new k8s.core.v1.ConfigMap(
    name,
    { metadata: { ...metadataOf(place, role), name: "database-authority" }, data: { "ca.crt": authorities } },
    { parent, provider },
  ).metadata.name;

function regionDatabase(
  { site, made, authorityConfigName }: AuroraMember,
  { app, migrate, probe }: AccountSecrets,
): RegionDatabase {
  const endpoint = (service: string) => ({
    host: serviceHost(service, site.place.namespaceName),
    port: auroraPort,
  });
  return {
    writer: endpoint(managedServices.writer),
    reader: endpoint(managedServices.reader),
    databaseName,
    accounts: { app, migrate, probe },
    authorityConfigName,
    // Every instance's certificate has its cluster's name, whichever way one came.
    serverName: made.writer,
    session,
  };
}

const managedMember = (
  { site, cluster, made, authorityConfigName }: AuroraMember,
  accounts: AccountSecrets,
): ManagedMember => ({
  cluster,
  arn: arnOf(site.aws, "rds", `cluster:${cluster}`),
  writer: made.writer,
  reader: made.reader,
  authorityConfigName,
  accounts,
});
