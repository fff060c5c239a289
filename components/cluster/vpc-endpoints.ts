import * as ec2 from "@pulumi/aws/ec2";
import * as awsVpc from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";

/** What reaches AWS from a private network. */
export interface VpcEndpointsArgs {
  readonly vpcId: pulumi.Output<string>;
  /** The network's block: what may ask. */
  readonly cidr: string;
  /** AWS' name of the region. */
  readonly region: string;
  /** Private subnets, one in each zone. */
  readonly subnetIds: readonly pulumi.Input<string>[];
  /** Routes of the private subnets. */
  readonly routeTableIds: readonly pulumi.Input<string>[];
  /** What the network is called in AWS' console. */
  readonly label: string;
}

/** Services reached at an address in each zone: images, identities of pods, logs, who the database follows. */
const interfaces = ["ecr.api", "ecr.dkr", "eks-auth", "logs", "rds", "sts"] as const;
/** Services reached by a route, at no cost: leases, layers of images. */
const gateways = ["dynamodb", "s3"] as const;

const https = 443;

/** Services of AWS that pods and nodes need to start, to hold their lease and to take over: a lost NAT gateway takes none of them away. */
export class VpcEndpoints extends pulumi.ComponentResource {
  constructor(name: string, args: VpcEndpointsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:cluster:VpcEndpoints", name, {}, opts);
    const { vpcId, region, routeTableIds, subnetIds, label } = args;
    const child = { parent: this };
    const shared = (service: string) => ({
      vpcId,
      serviceName: `com.amazonaws.${region}.${service}`,
      tags: { Name: `${label}-${service}` },
    });
    for (const service of gateways) {
      new ec2.VpcEndpoint(
        `${name}-${service}`,
        { ...shared(service), vpcEndpointType: "Gateway", routeTableIds: [...routeTableIds] },
        child,
      );
    }
    const securityGroupIds = [this.group(name, args).id];
    for (const service of interfaces) {
      const endpoint = { vpcEndpointType: "Interface", privateDnsEnabled: true, securityGroupIds };
      new ec2.VpcEndpoint(
        `${name}-${service.replace(".", "-")}`,
        { ...shared(service), ...endpoint, subnetIds: [...subnetIds] },
        child,
      );
    }
    this.registerOutputs({});
  }

  /** Whoever is in the network may ask, and nobody else. */
  private group(name: string, { vpcId, cidr, label }: VpcEndpointsArgs): ec2.SecurityGroup {
    const child = { parent: this };
    const group = new ec2.SecurityGroup(
      `${name}-group`,
      { vpcId, description: "Endpoints of AWS' services", tags: { Name: `${label}-endpoints` } },
      child,
    );
    new awsVpc.SecurityGroupIngressRule(
      `${name}-group-ingress`,
      {
        securityGroupId: group.id,
        description: "HTTPS from the network itself",
        cidrIpv4: cidr,
        ipProtocol: "tcp",
        fromPort: https,
        toPort: https,
      },
      child,
    );
    return group;
  }
}
