import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  aloneBecause,
  metadataOf,
  namespaceAndSites,
  oneAtATime,
  type PeerSite,
  type Role,
  rolloutTimeouts,
  runLabelsIn,
  selectorLabels,
  transformed,
  volumePerPod,
} from "../core";
import { type Certificate, TrustSecret } from "../trust";
import type { EtcdNodePorts, EtcdPodArgs } from "./etcd";
import { dataVolume, type EtcdMember, etcdPodSpec, etcdPorts } from "./etcd-pod";

/** {@link EtcdPodArgs} and what is this voter's own. */
export interface EtcdVoterArgs extends EtcdPodArgs {
  readonly site: PeerSite;
  readonly member: EtcdMember;
  readonly members: readonly EtcdMember[];
  readonly nodePorts: EtcdNodePorts;
  readonly certificate: Certificate;
  readonly roundTripMilliseconds: number;
}

/** The Service that leads other sites to the voter. */
const serviceName = "quorum-peer";

/** The voter of one site. */
export class EtcdVoter extends pulumi.ComponentResource {
  constructor(name: string, args: EtcdVoterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:quorum:EtcdVoter", name, {}, opts);
    const { site, certificate, member, transform } = args;
    const role = roleOf(member);
    const metadata = metadataOf(site.place, role);
    const child = { parent: this };
    const awaited = { ...child, customTimeouts: rolloutTimeouts(args.rolloutTimeoutSeconds) };

    const trust = new TrustSecret(
      `${name}-trust`,
      { place: site.place, certificate, role, secretName: `${member.name}-trust` },
      child,
    );
    // Ready only with a majority, so that no voter may be made to wait for another one here.
    new k8s.apps.v1.StatefulSet(
      `${name}-stateful-set`,
      transformed(statefulSetArgs(args, trust.secretName), transform?.statefulSet),
      awaited,
    );
    new k8s.core.v1.Service(`${name}-service`, transformed(serviceArgs(args), transform?.service), awaited);
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-disruption-budget`,
      // A node may be drained: the other voters are a majority.
      transformed({ metadata, spec: oneAtATime(selectorLabels(role)) }, transform?.disruptionBudget),
      child,
    );
    new k8s.networking.v1.NetworkPolicy(
      `${name}-network-policy`,
      transformed(networkPolicyArgs(args), transform?.networkPolicy),
      child,
    );
    this.registerOutputs({});
  }
}

const roleOf = ({ name }: EtcdMember): Role => ({ name: "quorum", instance: name, component: "quorum" });

function statefulSetArgs(
  args: EtcdVoterArgs,
  trustSecretName: pulumi.Input<string>,
): k8s.apps.v1.StatefulSetArgs {
  const { site, image, member, members, roundTripMilliseconds } = args;
  const metadata = metadataOf(site.place, roleOf(member));
  const selector = selectorLabels(roleOf(member));
  const token = site.place.namespaceName;
  return {
    metadata: aloneBecause(metadata, "one voter a site: the other sites have theirs"),
    spec: {
      replicas: 1,
      serviceName,
      selector: { matchLabels: selector },
      // The other policy would not replace a pod that never gets ready by one that could.
      podManagementPolicy: "Parallel",
      revisionHistoryLimit: 3,
      ...volumePerPod(dataVolume, args.quorum.storage, { ...runLabelsIn(site.place.labels), ...selector }),
      template: {
        metadata: { labels: metadata.labels },
        spec: etcdPodSpec({ image, member, members, token, roundTripMilliseconds, trustSecretName }),
      },
    },
  };
}

function serviceArgs({ site, member, nodePorts }: EtcdVoterArgs): k8s.core.v1.ServiceArgs {
  const role = roleOf(member);
  return {
    metadata: { ...metadataOf(site.place, role), name: serviceName },
    spec: {
      type: "NodePort",
      selector: selectorLabels(role),
      ports: (["client", "peer"] as const).map((name) => ({
        name,
        port: etcdPorts[name],
        targetPort: name,
        nodePort: nodePorts[name],
      })),
      // The voter sees who it talks to, and the packet takes no second hop.
      externalTrafficPolicy: "Local",
      // Voters need each other to become ready.
      publishNotReadyAddresses: true,
    },
  };
}

/** Clients are the namespace's and the other sites' pods; the certificate tells who of them may. */
function networkPolicyArgs({ site, sites, member }: EtcdVoterArgs): k8s.networking.v1.NetworkPolicyArgs {
  const role = roleOf(member);
  return {
    metadata: metadataOf(site.place, role),
    spec: {
      podSelector: { matchLabels: selectorLabels(role) },
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: namespaceAndSites(Object.values(sites).map(({ network }) => network)),
          ports: [{ port: etcdPorts.client }, { port: etcdPorts.peer }],
        },
        { from: [{ podSelector: {} }], ports: [{ port: etcdPorts.metrics }] },
      ],
    },
  };
}
