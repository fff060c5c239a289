import * as pulumi from "@pulumi/pulumi";
import { type Endpoint, inSite, type JoinedSite, type JoinedSites } from "./core";
import { createDatabase, type Database, type DatabaseConfig, databaseRunsInPods } from "./database";
import { createQuorum, type Quorum, type QuorumConfig, quorumRunsInPods } from "./quorum";
import { routerInside, routerName } from "./routing";
import { Steward, stewardedSites } from "./steward";
import { Authority } from "./trust";

/** What regions share. */
export interface PeersArgs {
  /** The regions and, where it votes in a pod, the witness. */
  readonly sites: JoinedSites;
  /** The site that serves nobody. */
  readonly witness?: string | undefined;
  readonly quorum: QuorumConfig;
  readonly database: DatabaseConfig;
  /** Images by digest. */
  readonly images: PeerImages;
  /** Names the authority that everybody here trusts. */
  readonly authority: string;
}

/** Images by digest: those of voters and members only where they run in pods. */
export interface PeerImages {
  readonly quorum?: pulumi.Input<string> | undefined;
  readonly database?: pulumi.Input<string> | undefined;
  /** The steward's, as a site pulls it. */
  readonly steward: (site: string) => pulumi.Input<string>;
}

/** A member's first start makes its data directory, and a voter waits for the others: longer than a rollout of the service. */
const rolloutTimeoutSeconds = 300;

/** What regions share: whom they trust, who votes, the database, and in each region who acts on the vote. */
export class Peers extends pulumi.ComponentResource {
  readonly quorum: Quorum;
  readonly database: Database;
  /** Who says whether a region is in service, by region. */
  readonly health: Readonly<Record<string, Endpoint>>;

  constructor(name: string, args: PeersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:index:Peers", name, {}, opts);
    const { sites, witness, images } = args;
    const authority = makeAuthority(name, args, this);
    const common = {
      sites,
      rolloutTimeoutSeconds,
      authority,
      ...(witness === undefined ? {} : { witness }),
    };

    this.quorum = createQuorum(
      `${name}-quorum`,
      args.quorum,
      { ...common, image: images.quorum },
      { parent: this },
    );
    const { leaseSeconds } = this.quorum;
    this.database = createDatabase(
      `${name}-database`,
      args.database,
      { ...common, images: podImages(args), leaseSeconds },
      { parent: this },
    );
    this.health = Object.fromEntries(
      stewardedSites(this.database.stewardship).map((site) => [
        site,
        this.steward(`${name}-${site}-steward`, site, authority, args),
      ]),
    );
    this.registerOutputs({});
  }

  private steward(name: string, region: string, authority: Authority | undefined, args: PeersArgs): Endpoint {
    const { quorum, database } = this;
    const { images, witness } = args;
    const site = siteNamed(args.sites, region);
    // A region serves if a request through its router reaches a pod that is ready.
    const serving = region === witness ? {} : { serving: `${routerInside(routerName, site.place)}/ready` };
    return new Steward(
      name,
      {
        site,
        region,
        image: images.steward(region),
        authority,
        quorum,
        stewardship: database.stewardship,
        ...serving,
        rolloutTimeoutSeconds,
      },
      inSite(site, this),
    );
  }
}

/** Whom everybody trusts; needed only where something of ours proves by a certificate who it is. */
function makeAuthority(
  name: string,
  { quorum, database, authority: commonName }: PeersArgs,
  parent: pulumi.Resource,
): Authority | undefined {
  return quorumRunsInPods(quorum) || databaseRunsInPods(database)
    ? new Authority(`${name}-authority`, { commonName }, { parent })
    : undefined;
}

/** Where members run in pods, all sites pull from one place. */
function podImages({ images: { database, steward }, database: { preferredWriter } }: PeersArgs) {
  return database === undefined ? undefined : { database, steward: steward(preferredWriter) };
}

function siteNamed(sites: JoinedSites, name: string): JoinedSite {
  const site = sites[name];
  if (site === undefined) throw new Error(`no site ${name}`);
  return site;
}
