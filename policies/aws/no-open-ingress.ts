import { isOpen } from "../cidrs";
import { elements, follow, input, shown } from "../inputs";
import { type Field, notYetKnown } from "../manifest";
import type { Resource, ResourceRule } from "../rule";
import { ports, texts } from "../setting";

const openPorts = ports("ports", "ports that the internet may reach", [443]);
const openNames = texts("names", "ends of the names of the rules, or groups, by which it may", [
  "-front-clients",
]);

/** A rule of a security group, whichever resource it is written in. */
interface Ingress {
  readonly cidrs: readonly Field<unknown>[];
  readonly from: Field<unknown>;
  readonly to: Field<unknown>;
}

const toIngress = (from: Field<unknown>, fields: readonly string[]): Ingress => ({
  cidrs: fields.flatMap((field) => {
    const found = follow(from, field);
    return Array.isArray(found) ? elements(found) : [found];
  }),
  from: follow(from, "fromPort"),
  to: follow(from, "toPort"),
});

const lists = ["cidrBlocks", "ipv6CidrBlocks"];

function ingressOf(resource: Resource): Ingress[] {
  switch (resource.type) {
    case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
      return [toIngress(resource.props, ["cidrIpv4", "cidrIpv6"])];
    case "aws:ec2/securityGroupRule:SecurityGroupRule":
      return input(resource, "type") === "ingress" ? [toIngress(resource.props, lists)] : [];
    case "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":
    case "aws:ec2/securityGroup:SecurityGroup":
      return elements(input(resource, "ingress")).map((each) => toIngress(each, lists));
    default:
      return [];
  }
}

/** One port of those that may be public, as far as is known. */
const isOnePortOf = (open: readonly number[], { from, to }: Ingress): boolean =>
  from === notYetKnown || to === notYetKnown || (from === to && open.some((port) => port === from));

export const noOpenIngress: ResourceRule = {
  kind: "resource",
  name: "no-open-ingress",
  description: "The internet reaches the load balancer's port, and nothing else.",
  why: "Whatever else it reaches is attacked from the first hour on.",
  settings: [openPorts, openNames],
  check: (resource, read) => {
    const isFront = read(openNames).some((end) => resource.name.endsWith(end));
    return ingressOf(resource)
      .filter((ingress) => !(isFront && isOnePortOf(read(openPorts), ingress)))
      .flatMap(({ cidrs, from, to }) =>
        cidrs
          .filter(isOpen)
          .map(
            (cidr) =>
              `${resource.name} lets ${String(cidr)} in at ports ${shown(from)} to ${shown(to)}; must ` +
              `be a narrower block or a security group: only port ${read(openPorts).join(", ")} of the load balancer is public`,
          ),
      );
  },
};
