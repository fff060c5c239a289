import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  aloneBecause,
  type AwsPeerSite,
  type JoinedSite,
  metadataOf,
  type NamedHost,
  needed,
  type Role,
  rolloutTimeouts,
  selectorLabels,
  serviceHost,
  type Transform,
  transformed,
} from "../core";
import { type ManagedMember, managedServices, type Member, type Stewardship } from "../database";
import { PodIdentity } from "../identity";
import type { Quorum } from "../quorum";
import { type Authority, TrustSecret } from "../trust";
import { type LogLevel, memberIn, stewardEnvironment } from "./steward-environment";
import { gatePorts, stewardPodSpec, stewardPort, type StewardTrust } from "./steward-pod";
import { stewardRights } from "./steward-rights";

/** Whose steward it is, and what it decides by. */
export interface StewardArgs {
  /** The site's name: a region, or the witness where that has a member. */
  readonly region: string;
  readonly site: JoinedSite;
  /** The steward's image, by digest. */
  readonly image: pulumi.Input<string>;
  /**
   * Issues its identity.
   * @default none: only where voters or members run in pods
   */
  readonly authority?: Authority | undefined;
  readonly quorum: Quorum;
  readonly stewardship: Stewardship;
  /**
   * URL that answers 200 while the region can serve: the router's own health, past which nobody serves.
   * @default none, for a site that does not serve
   */
  readonly serving?: string | undefined;
  /**
   * Least severe line it logs.
   * @default "info"
   */
  readonly logLevel?: LogLevel | undefined;
  /** A rollout that takes longer fails `up`, with what the pod says. */
  readonly rolloutTimeoutSeconds: number;
  /**
   * The last word on a child's arguments.
   * @default nothing is changed
   */
  readonly transform?: StewardTransform | undefined;
}

/** The escape hatch for each child of a {@link Steward}. */
export interface StewardTransform {
  readonly deployment?: Transform<k8s.apps.v1.DeploymentArgs> | undefined;
  readonly service?: Transform<k8s.core.v1.ServiceArgs> | undefined;
  readonly role?: Transform<k8s.rbac.v1.RoleArgs> | undefined;
}

const role: Role = { name: "steward", instance: "steward", component: "steward" };
const selector = selectorLabels(role);

/**
 * Decides for one site, with the others', who is in service and who writes. One pod on purpose: what it decides, it decides
 * by a lease, so that a second one could only be in its way, and while it is away the lease runs out.
 */
export class Steward extends pulumi.ComponentResource {
  /** Where the region's health is told, inside the cluster. */
  readonly host: string;
  readonly port: number;

  constructor(name: string, args: StewardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:steward:Steward", name, {}, opts);
    const { site, transform } = args;
    const { place } = site;
    const metadata = metadataOf(place, role);
    const child = { parent: this };
    const awaited = { ...child, customTimeouts: rolloutTimeouts(args.rolloutTimeoutSeconds) };

    const trust = makeTrust(name, args, this);
    const account = makeAccount(name, metadata, transform, this);
    const identity = "aws" in site ? [makeIdentity(name, args, site, this)] : [];
    const deployment = deploymentArgs(args, { account, trust });
    new k8s.apps.v1.Deployment(`${name}-deployment`, transformed(deployment, transform?.deployment), {
      ...awaited,
      dependsOn: identity,
    });
    for (const [kind, service] of Object.entries(servicesOf(args))) {
      new k8s.core.v1.Service(`${name}-${kind}`, transformed(service, transform?.service), awaited);
    }

    this.host = serviceHost(role.instance, place.namespaceName);
    this.port = stewardPort;
    this.registerOutputs({ host: this.host, port: this.port });
  }
}

/** What it is known by to voters and guards; where there are none it only checks the database's certificate. */
function makeTrust(name: string, args: StewardArgs, parent: pulumi.Resource): StewardTrust {
  const { region, site, stewardship } = args;
  if (stewardship.kind === "managed") {
    return { kind: "authority", configName: memberIn(stewardship.members, region).authorityConfigName };
  }
  const allowed = "there, since voters and guards know a steward by its certificate";
  const authority = needed(args.authority, name, { path: ["authority"], allowed });
  const request = { identity: `steward-${region}`, names: [], client: true };
  const certificate = authority.issue(`${name}-identity`, request, { parent });
  const secret = { place: site.place, certificate, role, secretName: "steward-trust" };
  return { kind: "identity", secretName: new TrustSecret(`${name}-trust`, secret, { parent }).secretName };
}

/** What its pod may do on AWS. */
const makeIdentity = (
  name: string,
  { region, quorum, stewardship }: StewardArgs,
  site: AwsPeerSite,
  parent: pulumi.Resource,
): PodIdentity =>
  new PodIdentity(
    `${name}-rights`,
    {
      site,
      roleName: `${site.place.namespaceName}-${region}-steward`,
      serviceAccountName: role.instance,
      statements: stewardRights({ access: quorum.access, stewardship }, region),
    },
    { parent },
  );

/** Its Services by the last part of their resource's name. */
function servicesOf({ site, stewardship }: StewardArgs): Readonly<Record<string, k8s.core.v1.ServiceArgs>> {
  const metadata = metadataOf(site.place, role);
  const service = {
    metadata,
    spec: { selector, ports: [{ name: "http", port: stewardPort, targetPort: "http" }] },
  };
  if (stewardship.kind === "guarded") return { service };
  // Without a selector: the steward says which of its gate's ports a route leads to, and when to none.
  const routes = Object.entries(managedServices).map(([kind, name]) => [
    kind,
    {
      metadata: { ...metadata, name },
      spec: { type: "ClusterIP", ports: [{ name: "mysql", port: gatePorts.writer }] },
    },
  ]);
  return { service, ...(Object.fromEntries(routes) as Record<string, k8s.core.v1.ServiceArgs>) };
}

type Metadata = ReturnType<typeof metadataOf>;

/** Who may lead the routes of this namespace, and nothing else. */
function makeAccount(
  name: string,
  metadata: Metadata,
  transform: StewardTransform | undefined,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const rules = [
    {
      apiGroups: ["discovery.k8s.io"],
      resources: ["endpointslices"],
      verbs: ["get", "list", "create", "update", "patch"],
    },
    { apiGroups: [""], resources: ["services"], verbs: ["get"] },
  ];
  const account = new k8s.core.v1.ServiceAccount(
    `${name}-account`,
    { metadata, automountServiceAccountToken: false },
    { parent },
  );
  const rights = new k8s.rbac.v1.Role(`${name}-role`, transformed({ metadata, rules }, transform?.role), {
    parent,
  });
  new k8s.rbac.v1.RoleBinding(
    `${name}-role-binding`,
    {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: rights.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: metadata.namespace }],
    },
    { parent },
  );
  return account.metadata.name;
}

interface Made {
  readonly account: pulumi.Output<string>;
  readonly trust: StewardTrust;
}

/** Whom it talks to by names that no DNS server has: voters, and members of other sites. */
function hostsOf({ region, quorum: { access }, stewardship }: StewardArgs): NamedHost[] {
  const voters = access.kind === "voters" ? Object.values(access.voters) : [];
  if (stewardship.kind === "managed") return voters;
  const peers = Object.entries(stewardship.members).filter(([name]) => name !== region);
  return [...voters, ...peers.map(([, member]) => member)];
}

const accountsOf = ({ region, stewardship }: StewardArgs) =>
  memberIn<Member | ManagedMember>(stewardship.members, region).accounts;

function deploymentArgs(args: StewardArgs, { account, trust }: Made): k8s.apps.v1.DeploymentArgs {
  const { site, image, stewardship } = args;
  const metadata = metadataOf(site.place, role);
  return {
    metadata: aloneBecause(metadata, "it decides by a lease: a second one could only wait"),
    spec: {
      replicas: 1,
      selector: { matchLabels: selector },
      // Two at once would take the lease from each other.
      strategy: { type: "Recreate" },
      progressDeadlineSeconds: args.rolloutTimeoutSeconds,
      revisionHistoryLimit: 3,
      template: {
        metadata: { labels: metadata.labels },
        spec: stewardPodSpec({
          image,
          environment: stewardEnvironment({ ...args, namespaceName: site.place.namespaceName }),
          hosts: hostsOf(args),
          serviceAccountName: account,
          trust,
          gate: stewardship.kind === "managed",
          accounts: accountsOf(args),
        }),
      },
    },
  };
}
