import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Network } from "./network";
import type { Place } from "./place";

type HostAlias = types.input.core.v1.HostAlias;
type NetworkPolicyPeer = types.input.networking.v1.NetworkPolicyPeer;

/** A place whose pods talk to pods in other clusters. */
export interface PeerSite {
  readonly place: Place;
  /** Makes the objects of this site. */
  readonly provider: pulumi.ProviderResource;
  readonly network: Network;
}

/** Sites by name. */
export type PeerSites = Readonly<Record<string, PeerSite>>;

/** Who makes a site's objects: its cluster's provider and, where it is on AWS, that of its account and region. */
export interface SiteProviders {
  readonly provider: pulumi.ProviderResource;
  readonly aws?: { readonly provider: pulumi.ProviderResource };
}

/** What a component needs to make the part of it that lives in one site. */
export const inSite = (
  { provider, aws }: SiteProviders,
  parent: pulumi.Resource,
): { parent: pulumi.Resource; providers: pulumi.ProviderResource[] } => ({
  parent,
  providers: [provider, ...(aws === undefined ? [] : [aws.provider])],
});

/** Somebody who is known by a name that no DNS server has. */
export interface NamedHost {
  readonly name: string;
  readonly address: string;
}

/**
 * Lines of a pod's hosts file, one an address. Sites know each other by them: a DNS server would be one more thing that
 * must work before the first decision can be made.
 */
export function hostAliases(hosts: readonly NamedHost[]): HostAlias[] {
  const addresses = [...new Set(hosts.map(({ address }) => address))];
  return addresses.map((ip) => ({
    ip,
    hostnames: hosts.filter(({ address }) => address === ip).map(({ name }) => name),
  }));
}

/** Where packets of a site come from: a pod, or a node that speaks for it. */
export const peerBlocks = ({ address, podCidr }: Network): string[] => [`${address}/32`, podCidr];

/**
 * Whom pods of a site let in: pods of their own namespace, and every site's pods and nodes.
 */
export function namespaceAndSites(networks: readonly Network[]): NetworkPolicyPeer[] {
  const blocks = networks.flatMap(peerBlocks);
  return [{ podSelector: {} }, ...blocks.map((cidr) => ({ ipBlock: { cidr } }))];
}
