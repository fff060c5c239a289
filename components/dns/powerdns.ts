import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  metadataOf,
  needed,
  oneAtATime,
  type Path,
  type PeerSite,
  peerSites,
  type Problem,
  type Role,
  rolloutTimeouts,
  rollWithoutLoss,
  selectorLabels,
  type Transform,
  transformed,
  ValidationError,
} from "../core";
import {
  type AddressTarget,
  type Dns,
  type DnsArgs,
  type DnsConfig,
  dnsConfigProblems,
  type DnsPolicy,
  type DnsTarget,
  fqdnOf,
} from "./dns";
import { dnsPodSpec } from "./dns-pod";
import { healthChecks, renderPowerDns } from "./powerdns-config";
import { checksDetectionSeconds } from "./region-health-lua";

/** PowerDNS as the DNS, in every site. */
export interface PowerDnsConfig extends DnsConfig {
  readonly kind: "powerdns";
  /** The port on every node of a site at which its server is asked. */
  readonly port: number;
}

/** {@link PowerDnsConfig} and what the topology adds. */
export interface PowerDnsArgs extends DnsArgs {
  readonly config: PowerDnsConfig;
  /**
   * The last word on a child's arguments, in every site.
   * @default nothing is changed
   */
  readonly transform?: PowerDnsTransform | undefined;
}

/** The escape hatch for each child of a {@link PowerDns}. */
export interface PowerDnsTransform {
  readonly config?: Transform<k8s.core.v1.ConfigMapArgs> | undefined;
  readonly deployment?: Transform<k8s.apps.v1.DeploymentArgs> | undefined;
  readonly service?: Transform<k8s.core.v1.ServiceArgs> | undefined;
  readonly disruptionBudget?: Transform<k8s.policy.v1.PodDisruptionBudgetArgs> | undefined;
}

/** What is wrong with a description for PowerDNS. */
export function powerDnsProblems(
  config: PowerDnsConfig,
  { leaseSeconds }: { readonly leaseSeconds: number },
  path: Path,
): Problem[] {
  const detectionSeconds = checksDetectionSeconds(healthChecks);
  return dnsConfigProblems(config, { leaseSeconds, detectionSeconds }, path);
}

const role: Role = { name: "dns", instance: "dns", component: "dns" };
const selector = selectorLabels(role);
const replicas = 2;
const resources = { cpuMillicores: 50, memoryMebibytes: 128 };
/** DNS' own port, for whoever asks inside the cluster. */
const servicePort = 53;

/**
 * PowerDNS in every site, all with the same zone. Each asks all regions for their health itself and shares nothing with
 * the others, so that one that is cut off takes none with it.
 */
export class PowerDns extends pulumi.ComponentResource implements Dns {
  readonly fqdn: string;
  readonly policy: DnsPolicy;
  readonly ttlSeconds: number;
  readonly targets: readonly DnsTarget[];

  constructor(name: string, args: PowerDnsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:dns:PowerDns", name, {}, opts);
    const { config, targets } = args;
    const sites = Object.entries(peerSites(args.sites, name));
    const servers = Object.fromEntries(sites.map(([site, { network }]) => [site, network.address]));
    const files = renderPowerDns({ config, targets: targets.map(addressTarget), servers });
    const allowed = "an image of PowerDNS by digest, since servers run in pods";
    const image = needed(args.image, name, { path: ["image"], allowed });

    for (const [site, where] of sites) {
      makeServer(
        `${name}-${site}`,
        { args, image, where, files },
        { parent: this, provider: where.provider },
      );
    }

    this.fqdn = fqdnOf(config);
    this.policy = config.policy;
    this.ttlSeconds = config.ttlSeconds;
    this.targets = targets;
    this.registerOutputs({ fqdn: this.fqdn, policy: this.policy, ttlSeconds: this.ttlSeconds });
  }
}

/** What an answer can hold: the addresses behind another name come and go. */
function addressTarget(target: DnsTarget, index: number): AddressTarget {
  if (target.kind === "address") return target;
  throw new ValidationError("PowerDNS", [
    { path: ["targets", index], found: "an alias", allowed: 'an address; use a dns of kind "route53"' },
  ]);
}

/** One site's server. */
interface Server {
  readonly args: PowerDnsArgs;
  readonly image: pulumi.Input<string>;
  readonly where: PeerSite;
  readonly files: Readonly<Record<string, string>>;
}

function makeServer(name: string, server: Server, child: pulumi.CustomResourceOptions): void {
  const { args, where, files } = server;
  const { transform, rolloutTimeoutSeconds } = args;
  const metadata = metadataOf(where.place, role);
  const { namespace, labels } = metadata;
  const awaited = { ...child, customTimeouts: rolloutTimeouts(rolloutTimeoutSeconds) };

  const config = new k8s.core.v1.ConfigMap(
    `${name}-config`,
    // Named by Pulumi, anew for every change: pods of the old zone keep theirs until they are gone.
    transformed({ metadata: { namespace, labels }, data: files }, transform?.config),
    child,
  );
  new k8s.apps.v1.Deployment(
    `${name}-deployment`,
    transformed(deploymentArgs(server, config.metadata.name), transform?.deployment),
    awaited,
  );
  new k8s.core.v1.Service(
    `${name}-service`,
    transformed({ metadata, spec: serviceSpec(args.config) }, transform?.service),
    awaited,
  );
  new k8s.policy.v1.PodDisruptionBudget(
    `${name}-disruption-budget`,
    transformed({ metadata, spec: oneAtATime(selector) }, transform?.disruptionBudget),
    child,
  );
}

function deploymentArgs(
  { args, image, where }: Server,
  configName: pulumi.Input<string>,
): k8s.apps.v1.DeploymentArgs {
  const metadata = metadataOf(where.place, role);
  return {
    metadata,
    spec: {
      replicas,
      selector: { matchLabels: selector },
      strategy: rollWithoutLoss,
      progressDeadlineSeconds: args.rolloutTimeoutSeconds,
      revisionHistoryLimit: 3,
      template: {
        metadata: { labels: metadata.labels },
        spec: dnsPodSpec({ image, configName, resources, selector }),
      },
    },
  };
}

function serviceSpec({ port }: PowerDnsConfig): k8s.types.input.core.v1.ServiceSpec {
  const on = (name: string, protocol: string) => ({
    name,
    protocol,
    port: servicePort,
    targetPort: name,
    nodePort: port,
  });
  return {
    type: "NodePort",
    selector,
    // Resolvers try TCP where an answer is too long, and the server sees who asks.
    ports: [on("dns", "UDP"), on("dns-tcp", "TCP")],
    externalTrafficPolicy: "Local",
  };
}
