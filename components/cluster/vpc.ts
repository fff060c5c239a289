import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import { FlowLog } from "./flow-log";
import { VpcEndpoints } from "./vpc-endpoints";
import { planZones } from "./vpc-plan";
import { VpcZone } from "./vpc-zone";

/** A region's network, as a person describes it. */
export interface VpcConfig {
  /** Its IPv4 block, apart from every other region's. Replaces everything in the region. */
  readonly cidr: string;
  /** Ways out: one in each zone, or one for all of them, which costs a third and is lost with its zone. */
  readonly natGateways: "perZone" | "one";
  /**
   * Letters of three zones. Replaces everything in the region.
   * @default ["a", "b", "c"]
   */
  readonly zones?: readonly string[] | undefined;
}

/** {@link VpcConfig} and where it is. */
export interface VpcArgs extends VpcConfig {
  /** AWS' name of the region. */
  readonly region: string;
  readonly accountId: string;
  /** What its parts are called in AWS' console. */
  readonly label: string;
  /** The key that logs are encrypted with. */
  readonly logKeyArn: pulumi.Input<string>;
}

/** A network of three zones: nodes and pods are private, only load balancers and NAT gateways are not. */
export class Vpc extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  /** In the order of the zones. */
  readonly privateSubnetIds: readonly pulumi.Output<string>[];
  /** In the order of the zones. */
  readonly publicSubnetIds: readonly pulumi.Output<string>[];
  /** The zones: what runs in them needs their ways out until it is gone. */
  readonly zones: readonly pulumi.Resource[];

  constructor(name: string, args: VpcArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:cluster:Vpc", name, {}, opts);
    const child = { parent: this };
    const tags = { Name: args.label };
    const vpc = new ec2.Vpc(
      `${name}-network`,
      { cidrBlock: args.cidr, enableDnsSupport: true, enableDnsHostnames: true, tags },
      child,
    );
    const vpcId = vpc.id;
    // Whatever names no security group of its own gets this one: it admits nothing.
    new ec2.DefaultSecurityGroup(`${name}-default-group`, { vpcId, tags }, child);
    new FlowLog(`${name}-flow-log`, { ...args, vpcId }, child);

    const publicTable = this.publicTable(name, vpcId, tags);
    const zones: VpcZone[] = [];
    for (const plan of planZones(args.region, args.cidr, args.zones)) {
      const nat = args.natGateways === "one" ? zones[0]?.nat : undefined;
      const zoneArgs = { plan, vpcId, publicTable, nat, label: args.label };
      zones.push(new VpcZone(`${name}-zone-${plan.letter}`, zoneArgs, child));
    }

    this.vpcId = vpcId;
    this.zones = zones;
    this.privateSubnetIds = zones.map(({ privateSubnetId }) => privateSubnetId);
    this.publicSubnetIds = zones.map(({ publicSubnetId }) => publicSubnetId);
    const endpoints = {
      ...args,
      vpcId,
      subnetIds: this.privateSubnetIds,
      routeTableIds: zones.map(({ privateTableId }) => privateTableId),
    };
    new VpcEndpoints(`${name}-endpoints`, endpoints, child);
    this.registerOutputs({ vpcId });
  }

  /** Routes of the public subnets: theirs is the one way between the internet and here. */
  private publicTable(
    name: string,
    vpcId: pulumi.Output<string>,
    tags: Readonly<Record<string, string>>,
  ): ec2.RouteTable {
    const child = { parent: this };
    const gateway = new ec2.InternetGateway(`${name}-gateway`, { vpcId, tags }, child);
    const routes = [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }];
    return new ec2.RouteTable(`${name}-public-table`, { vpcId, routes, tags }, child);
  }
}
