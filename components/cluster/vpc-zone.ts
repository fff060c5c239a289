import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import type { ZonePlan } from "./vpc-plan";

/** One zone of a network. */
export interface VpcZoneArgs {
  readonly plan: ZonePlan;
  readonly vpcId: pulumi.Output<string>;
  /** Routes of the public subnets. */
  readonly publicTable: ec2.RouteTable;
  /** Another zone's way out, to share; undefined for one of its own. */
  readonly nat: ec2.NatGateway | undefined;
  /** What the network is called in AWS' console. */
  readonly label: string;
}

/** A zone's two subnets, and how the private one reaches the internet without being reached. */
export class VpcZone extends pulumi.ComponentResource {
  readonly privateSubnetId: pulumi.Output<string>;
  readonly publicSubnetId: pulumi.Output<string>;
  readonly privateTableId: pulumi.Output<string>;
  /** The way out, its own or shared. */
  readonly nat: ec2.NatGateway;

  constructor(name: string, args: VpcZoneArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:cluster:VpcZone", name, {}, opts);
    const { vpcId, publicTable } = args;
    const child = { parent: this };

    const outer = this.subnet(name, "public", args);
    const outerRoutes = new ec2.RouteTableAssociation(
      `${name}-public-routes`,
      { subnetId: outer.id, routeTableId: publicTable.id },
      child,
    );
    this.nat = args.nat ?? this.makeNat(name, outer.id, args, outerRoutes);

    const inner = this.subnet(name, "private", args);
    const table = new ec2.RouteTable(
      `${name}-private-table`,
      {
        vpcId,
        routes: [{ cidrBlock: "0.0.0.0/0", natGatewayId: this.nat.id }],
        tags: tagsOf("private", args),
      },
      child,
    );
    new ec2.RouteTableAssociation(
      `${name}-private-routes`,
      { subnetId: inner.id, routeTableId: table.id },
      child,
    );

    this.privateSubnetId = inner.id;
    this.publicSubnetId = outer.id;
    this.privateTableId = table.id;
    this.registerOutputs({ privateSubnetId: inner.id, publicSubnetId: outer.id });
  }

  private subnet(name: string, part: "private" | "public", args: VpcZoneArgs): ec2.Subnet {
    const { vpcId, plan } = args;
    const cidrBlock = part === "public" ? plan.publicCidr : plan.privateCidr;
    const tags = tagsOf(part, args);
    return new ec2.Subnet(
      `${name}-${part}-subnet`,
      { vpcId, availabilityZone: plan.zone, cidrBlock, mapPublicIpOnLaunch: false, tags },
      { parent: this },
    );
  }

  /** A way out of its own, once its subnet has a way out itself. */
  private makeNat(
    name: string,
    subnetId: pulumi.Output<string>,
    args: VpcZoneArgs,
    routes: pulumi.Resource,
  ): ec2.NatGateway {
    const child = { parent: this };
    const tags = tagsOf("nat", args);
    const address = new ec2.Eip(`${name}-nat-address`, { domain: "vpc", tags }, child);
    return new ec2.NatGateway(
      `${name}-nat`,
      { allocationId: address.allocationId, subnetId, tags },
      { ...child, dependsOn: [routes] },
    );
  }
}

const tagsOf = (part: "nat" | "private" | "public", { label, plan }: VpcZoneArgs) => ({
  Name: `${label}-${part}-${plan.letter}`,
});
