import * as ec2 from "@pulumi/aws/ec2";
import * as lb from "@pulumi/aws/lb";
import * as vpc from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";
import { type AwsGround, type AwsSite, shortened } from "../core";
import type { Front, FrontPorts } from "./router";

/** A region's load balancer. */
export interface NetworkLoadBalancerArgs {
  /** What the region stands on. */
  readonly ground: AwsGround;
  /** The stack's own name, which its parts are called by. */
  readonly label: string;
  /** ARN of a valid certificate of the name clients ask for. */
  readonly certificateArn: pulumi.Input<string>;
  /** Where routers' pods answer. */
  readonly ports: FrontPorts;
}

const https = 443;
const longestName = 32;

/** A pod that leaves is sent nothing new at once; what it still works on has this long. */
const deregistrationSeconds = 60;

/**
 * The one thing in a region that the internet reaches, on one port: it ends TLS and knows routers' pods by their addresses.
 * Made here and not by the cluster, so that DNS and alarms know it before the first pod runs, and it outlives the cluster.
 */
export class NetworkLoadBalancer extends pulumi.ComponentResource implements Front {
  readonly url: pulumi.Output<string>;
  readonly targets: pulumi.Output<string>;
  /** As DNS and alarms know it. */
  readonly loadBalancer: AwsSite["loadBalancer"];

  constructor(name: string, args: NetworkLoadBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:routing:NetworkLoadBalancer", name, {}, opts);
    const { ground, label } = args;
    const group = this.group(name, args);
    const balancer = new lb.LoadBalancer(
      `${name}-load-balancer`,
      {
        name: shortened(label, longestName),
        loadBalancerType: "network",
        internal: false,
        subnets: [...ground.publicSubnetIds],
        securityGroups: [group.id],
        // A zone whose pods are busy or gone is answered for by the others.
        enableCrossZoneLoadBalancing: true,
        enableDeletionProtection: ground.protect,
        tags: { Name: label },
      },
      { parent: this, protect: ground.protect },
    );
    const targets = new lb.TargetGroup(`${name}-targets`, targetGroupArgs(args), { parent: this });
    const listener = new lb.Listener(
      `${name}-listener`,
      {
        loadBalancerArn: balancer.arn,
        port: https,
        protocol: "TLS",
        certificateArn: args.certificateArn,
        sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
        defaultActions: [{ type: "forward", targetGroupArn: targets.arn }],
      },
      { parent: this },
    );

    this.url = pulumi.interpolate`https://${balancer.dnsName}`;
    // Pods of a group that nobody listens for would wait for a health that nobody asks for.
    this.targets = pulumi.all([targets.arn, listener.arn]).apply(([arn]) => arn);
    const { dnsName, zoneId, arnSuffix } = balancer;
    this.loadBalancer = { dnsName, zoneId, arnSuffix, targetsArnSuffix: targets.arnSuffix };
    this.registerOutputs({ url: this.url });
  }

  /** Admits HTTPS from anywhere, and reaches routers' pods and nothing else; they admit nobody else. */
  private group(name: string, { ground, label, ports }: NetworkLoadBalancerArgs): ec2.SecurityGroup {
    const child = { parent: this };
    const group = new ec2.SecurityGroup(
      `${name}-group`,
      { vpcId: ground.vpcId, description: `Load balancer of ${label}`, tags: { Name: `${label}-front` } },
      child,
    );
    const tcp = (port: number) => ({ ipProtocol: "tcp", fromPort: port, toPort: port });
    new vpc.SecurityGroupIngressRule(
      `${name}-clients`,
      { ...tcp(https), securityGroupId: group.id, cidrIpv4: "0.0.0.0/0", description: "Clients" },
      child,
    );
    for (const [role, port] of Object.entries({ requests: ports.traffic, health: ports.ready.port })) {
      new vpc.SecurityGroupEgressRule(
        `${name}-${role}-out`,
        {
          ...tcp(port),
          securityGroupId: group.id,
          referencedSecurityGroupId: ground.podSecurityGroupId,
          description: `To routers: ${role}`,
        },
        child,
      );
      new vpc.SecurityGroupIngressRule(
        `${name}-${role}-in`,
        {
          ...tcp(port),
          securityGroupId: ground.podSecurityGroupId,
          referencedSecurityGroupId: group.id,
          description: `From the load balancer: ${role}`,
        },
        child,
      );
    }
    return group;
  }
}

/** Routers' pods, by their addresses. */
function targetGroupArgs({ ground, label, ports }: NetworkLoadBalancerArgs): lb.TargetGroupArgs {
  return {
    name: shortened(label, longestName),
    vpcId: ground.vpcId,
    targetType: "ip",
    protocol: "TCP",
    port: ports.traffic,
    // Routers see the client's own address.
    preserveClientIp: "true",
    deregistrationDelay: deregistrationSeconds,
    connectionTermination: true,
    healthCheck: {
      protocol: "HTTP",
      port: String(ports.ready.port),
      path: ports.ready.path,
      matcher: "200",
      interval: 10,
      timeout: 6,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    },
    // EKS registers pods only with groups that say whose they are.
    tags: { Name: label, "eks:eks-cluster-name": ground.clusterName },
  };
}
