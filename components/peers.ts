import * as pulumi from "@pulumi/pulumi";
import type { Endpoint, PeerSite, PeerSites } from "./core";
import { createDatabase, type Database, type DatabaseConfig } from "./database";
import { createQuorum, type Quorum, type QuorumConfig } from "./quorum";
import { routerInside, routerName } from "./routing";
import { Steward, stewardedSites } from "./steward";
import { Authority } from "./trust";

/** What regions share. */
export interface PeersArgs {
  /** Everybody who votes: the regions and, where there is one, the witness. */
  readonly sites: PeerSites;
  /** The site that serves nobody. */
  readonly witness?: string | undefined;
  readonly quorum: QuorumConfig;
  readonly database: DatabaseConfig;
  /** Images by digest. */
  readonly images: {
    readonly quorum: pulumi.Input<string>;
    readonly database: pulumi.Input<string>;
    readonly steward: pulumi.Input<string>;
  };
  /** Names the authority that everybody here trusts. */
  readonly authority: string;
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
    const common = { sites, rolloutTimeoutSeconds, ...(witness === undefined ? {} : { witness }) };

    const authority = new Authority(`${name}-authority`, { commonName: args.authority }, { parent: this });
    this.quorum = createQuorum(
      `${name}-quorum`,
      args.quorum,
      { ...common, authority, image: images.quorum },
      { parent: this },
    );
    const { leaseSeconds } = this.quorum;
    this.database = createDatabase(
      `${name}-database`,
      args.database,
      { ...common, authority, images, leaseSeconds },
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

  private steward(name: string, region: string, authority: Authority, args: PeersArgs): Endpoint {
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
        image: images.steward,
        authority,
        quorum,
        stewardship: database.stewardship,
        ...serving,
        rolloutTimeoutSeconds,
      },
      { parent: this, providers: [site.provider] },
    );
  }
}

function siteNamed(sites: PeerSites, name: string): PeerSite {
  const site = sites[name];
  if (site === undefined) throw new Error(`no site ${name}`);
  return site;
}
