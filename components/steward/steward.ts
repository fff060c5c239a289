import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  aloneBecause,
  metadataOf,
  type PeerSite,
  type Role,
  rolloutTimeouts,
  selectorLabels,
  serviceHost,
  type Transform,
  transformed,
} from "../core";
import type { Stewardship } from "../database";
import type { Quorum } from "../quorum";
import { type Authority, TrustSecret } from "../trust";
import { type LogLevel, memberIn, stewardEnvironment } from "./steward-environment";
import { stewardPodSpec, stewardPort } from "./steward-pod";

/** Whose steward it is, and what it decides by. */
export interface StewardArgs {
  /** The site's name: a region, or the witness where that has a member. */
  readonly region: string;
  readonly site: PeerSite;
  /** The steward's image, by digest. */
  readonly image: pulumi.Input<string>;
  /** Issues its identity. */
  readonly authority: Authority;
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
    const { region, site, transform } = args;
    const { place } = site;
    const metadata = metadataOf(place, role);
    const child = { parent: this };
    const awaited = { ...child, customTimeouts: rolloutTimeouts(args.rolloutTimeoutSeconds) };

    const request = { identity: `steward-${region}`, names: [], client: true };
    const certificate = args.authority.issue(`${name}-identity`, request, child);
    const trust = new TrustSecret(
      `${name}-trust`,
      { place, certificate, role, secretName: "steward-trust" },
      child,
    );
    const account = makeAccount(name, metadata, transform, this);
    const deployment = deploymentArgs(args, { account, trust: trust.secretName });
    new k8s.apps.v1.Deployment(`${name}-deployment`, transformed(deployment, transform?.deployment), awaited);
    const service = {
      metadata,
      spec: { selector, ports: [{ name: "http", port: stewardPort, targetPort: "http" }] },
    };
    new k8s.core.v1.Service(`${name}-service`, transformed(service, transform?.service), awaited);

    this.host = serviceHost(role.instance, place.namespaceName);
    this.port = stewardPort;
    this.registerOutputs({ host: this.host, port: this.port });
  }
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
  readonly trust: pulumi.Output<string>;
}

function deploymentArgs(args: StewardArgs, { account, trust }: Made): k8s.apps.v1.DeploymentArgs {
  const { site, region, image, quorum, stewardship } = args;
  const metadata = metadataOf(site.place, role);
  const peers = Object.entries(stewardship.members).filter(([name]) => name !== region);
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
          hosts: [...Object.values(quorum.voters), ...peers.map(([, member]) => member)],
          serviceAccountName: account,
          trustSecretName: trust,
          accounts: memberIn(stewardship, region).accounts,
        }),
      },
    },
  };
}
