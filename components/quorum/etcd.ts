import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  inSite,
  needed,
  type Path,
  type PeerSite,
  type PeerSites,
  peerSites,
  type Problem,
  refuse,
  show,
  type Transform,
  type VolumeConfig,
} from "../core";
import type { Authority } from "../trust";
import { type EtcdMember, peerName } from "./etcd-pod";
import { EtcdVoter } from "./etcd-voter";
import {
  type Quorum,
  type QuorumAccess,
  type QuorumArgs,
  type QuorumTiming,
  quorumTiming,
  timingProblems,
  type Voter,
} from "./quorum";

/** Ports of every node that lead to the voter in its cluster. */
export interface EtcdNodePorts {
  /** For clients. Replaces the quorum's identity to its clients. */
  readonly client: number;
  /** For the other voters. Written down by the voters when they first start, so that it can't change from here. */
  readonly peer: number;
}

/** etcd as the quorum: one voter in each site, apart from the store that Kubernetes keeps for itself. */
export interface EtcdQuorumConfig extends QuorumTiming {
  readonly kind: "etcd";
  /** The volume of each voter; 1 GiB is plenty. */
  readonly storage: VolumeConfig;
  /**
   * Ports of every node.
   * @default 30379 for clients, 30380 for voters
   */
  readonly ports?: EtcdNodePorts | undefined;
}

/** {@link EtcdQuorumConfig} and what the topology adds. */
export interface EtcdQuorumArgs extends QuorumArgs {
  readonly quorum: EtcdQuorumConfig;
  /**
   * The last word on a child's arguments, in every site.
   * @default nothing is changed
   */
  readonly transform?: EtcdQuorumTransform | undefined;
}

/** The escape hatch for each child of a voter. */
export interface EtcdQuorumTransform {
  readonly statefulSet?: Transform<k8s.apps.v1.StatefulSetArgs> | undefined;
  readonly service?: Transform<k8s.core.v1.ServiceArgs> | undefined;
  readonly disruptionBudget?: Transform<k8s.policy.v1.PodDisruptionBudgetArgs> | undefined;
  readonly networkPolicy?: Transform<k8s.networking.v1.NetworkPolicyArgs> | undefined;
}

const defaultPorts: EtcdNodePorts = { client: 30379, peer: 30380 };

const portsOf = ({ ports = defaultPorts }: EtcdQuorumConfig): EtcdNodePorts => ports;

/** What is wrong with an etcd quorum, whoever votes in it. */
export function etcdQuorumProblems(config: EtcdQuorumConfig, path: Path): Problem[] {
  const { client, peer } = portsOf(config);
  const timing = timingProblems(config, path);
  if (client !== peer) return timing;
  const allowed = `a port of its own, such as ${defaultPorts.peer}`;
  const fix = `clients come in on ${client}`;
  return [...timing, { path: [...path, "ports", "peer"], found: show(peer), allowed, fix }];
}

/** One etcd over several clusters. Every voter knows the others by names that only their pods' hosts files have. */
export class EtcdQuorum extends pulumi.ComponentResource implements Quorum {
  readonly access: QuorumAccess;
  readonly leaseSeconds: number;

  constructor(name: string, args: EtcdQuorumArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:quorum:EtcdQuorum", name, {}, opts);
    refuse(name, etcdQuorumProblems(args.quorum, ["quorum"]));
    const timing = quorumTiming(args.quorum);
    const parts = podParts(name, args);

    const members = membersOf(parts);
    for (const { site, member } of members) {
      const names = [member.name, peerName];
      const identity = { identity: member.name, names, server: true, client: true };
      const certificate = parts.authority.issue(`${name}-${site.name}-identity`, identity, { parent: this });
      const all = members.map((each) => each.member);
      const voter = {
        ...parts,
        ...timing,
        nodePorts: portsOf(args.quorum),
        site,
        certificate,
        member,
        members: all,
      };
      new EtcdVoter(`${name}-${site.name}`, voter, inSite(site, this));
    }

    const voters = Object.fromEntries(members.map((each) => [each.site.name, voterOf(each, args.witness)]));
    this.access = { kind: "voters", voters };
    this.leaseSeconds = timing.leaseSeconds;
    this.registerOutputs({ access: this.access, leaseSeconds: this.leaseSeconds });
  }
}

/** {@link EtcdQuorumArgs} with what pods can't do without. */
export interface EtcdPodArgs extends EtcdQuorumArgs {
  readonly sites: PeerSites;
  readonly authority: Authority;
  readonly image: pulumi.Input<string>;
}

function podParts(name: string, args: EtcdQuorumArgs): EtcdPodArgs {
  const voter = "there, since voters know each other by certificates";
  const pod = "an image of etcd by digest, since voters run in pods";
  return {
    ...args,
    sites: peerSites(args.sites, name),
    authority: needed(args.authority, name, { path: ["authority"], allowed: voter }),
    image: needed(args.image, name, { path: ["image"], allowed: pod }),
  };
}

interface SiteMember {
  readonly site: PeerSite & { readonly name: string };
  readonly member: EtcdMember;
}

function membersOf({ sites, quorum }: EtcdPodArgs): SiteMember[] {
  const { client, peer } = portsOf(quorum);
  return Object.entries(sites).map(([site, of]) => {
    const name = `quorum-${site}`;
    const member = {
      name,
      address: of.network.address,
      client: `${name}:${client}`,
      peer: `${name}:${peer}`,
    };
    return { site: { ...of, name: site }, member };
  });
}

const voterOf = (
  { site, member: { name, address, client } }: SiteMember,
  witness: string | undefined,
): Voter => ({
  name,
  address,
  url: `https://${client}`,
  witness: site.name === witness,
});
