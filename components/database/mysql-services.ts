import type * as k8s from "@pulumi/kubernetes";
import { metadataOf, namespaceAndSites, selectorLabels } from "../core";
import {
  type KubernetesMysqlConfig,
  nodePorts,
  type PlannedMember,
  roleOf,
  serviceNames,
} from "./mysql-plan";
import { mysqlPorts } from "./mysql-pod";

type ServiceArgs = k8s.core.v1.ServiceArgs;
type ServicePort = k8s.types.input.core.v1.ServicePort;
type NetworkPolicyArgs = k8s.networking.v1.NetworkPolicyArgs;

/** Which member, and of what. */
export interface ServiceInput {
  readonly planned: PlannedMember;
  /** All members, this one among them. */
  readonly plan: readonly PlannedMember[];
  readonly database: KubernetesMysqlConfig;
}

const port = (name: keyof typeof mysqlPorts): ServicePort => ({
  name,
  port: mysqlPorts[name],
  targetPort: name,
});

/** The Services of a member by the last part of their resource's name. Nobody routes through a site that never serves. */
export function mysqlServices(input: ServiceInput): Readonly<Record<string, ServiceArgs>> {
  const everywhere = { service: memberService(input), peer: peerService(input) };
  const route = (name: string): ServiceArgs => routeService(name, input);
  return input.planned.witness
    ? everywhere
    : { ...everywhere, writer: route(serviceNames.writer), reader: route(serviceNames.reader) };
}

const metadata = ({ at, ...planned }: PlannedMember, name: string) => ({
  ...metadataOf(at.place, roleOf(planned)),
  name,
});

/** Gives the pod a name in its own site. Its steward needs it most when it is not ready. */
const memberService = ({ planned }: ServiceInput): ServiceArgs => ({
  metadata: metadata(planned, serviceNames.member),
  spec: {
    type: "ClusterIP",
    clusterIP: "None",
    selector: selectorLabels(roleOf(planned)),
    ports: [port("mysql"), port("admin"), port("guard")],
    publishNotReadyAddresses: true,
  },
});

/** The way in from other sites. */
function peerService({ planned, database }: ServiceInput): ServiceArgs {
  const { mysql, group } = nodePorts(database);
  const vote = { name: "group", port: group, targetPort: "group", nodePort: group };
  return {
    metadata: metadata(planned, serviceNames.peer),
    spec: {
      type: "NodePort",
      selector: selectorLabels(roleOf(planned)),
      ports: [{ ...port("mysql"), nodePort: mysql }, ...(database.mode === "group" ? [vote] : [])],
      // The server sees who it talks to, and the packet takes no second hop.
      externalTrafficPolicy: "Local",
      publishNotReadyAddresses: true,
    },
  };
}

/** A route without a selector: the steward says where it leads. */
const routeService = (name: string, { planned }: ServiceInput): ServiceArgs => ({
  metadata: metadata(planned, name),
  spec: { type: "ClusterIP", ports: [{ name: "mysql", port: mysqlPorts.mysql }] },
});

/** Who gets in where; certificate and account tell who of them may do what. */
export function mysqlNetworkPolicy({ planned, plan, database }: ServiceInput): NetworkPolicyArgs {
  const peers = namespaceAndSites(plan.map(({ at }) => at.network));
  const keeper = { podSelector: { matchLabels: { "app.kubernetes.io/name": "steward" } } };
  const members = [mysqlPorts.mysql, ...(database.mode === "group" ? [nodePorts(database).group] : [])];
  return {
    metadata: metadata(planned, planned.instance),
    spec: {
      podSelector: { matchLabels: selectorLabels(roleOf(planned)) },
      policyTypes: ["Ingress"],
      ingress: [
        { from: peers, ports: members.map((each) => ({ port: each })) },
        { from: [keeper], ports: [{ port: mysqlPorts.admin }, { port: mysqlPorts.guard }] },
      ],
    },
  };
}
