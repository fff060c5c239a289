import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { managedPolicy, serviceTrust } from "../aws";

/** Whose roles they are. */
export interface EksRolesArgs {
  /** The cluster's name. */
  readonly clusterName: string;
  /** AWS' name of the region. */
  readonly region: string;
  readonly accountId: string;
}

/** What AWS asks for a control plane that makes nodes, disks and load balancers itself. */
const clusterPolicies = [
  "AmazonEKSBlockStoragePolicy",
  "AmazonEKSClusterPolicy",
  "AmazonEKSComputePolicy",
  "AmazonEKSLoadBalancingPolicy",
  "AmazonEKSNetworkingPolicy",
] as const;

/** What a node may do by itself: join, and pull images. Pods get none of it: they have identities of their own. */
const nodePolicies = ["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodeMinimalPolicy"] as const;

/** The roles of a cluster's control plane and of its nodes. */
export class EksRoles extends pulumi.ComponentResource {
  readonly clusterRoleArn: pulumi.Output<string>;
  readonly nodeRoleArn: pulumi.Output<string>;
  /** What the cluster needs until it is gone: without them it can't clean up after itself. */
  readonly attachments: readonly pulumi.Resource[];

  constructor(name: string, args: EksRolesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:cluster:EksRoles", name, {}, opts);
    const { clusterName, region, accountId } = args;
    const sourceArn = `arn:aws:eks:${region}:${accountId}:cluster/${clusterName}`;
    const cluster = this.role(
      `${name}-cluster`,
      `Control plane of ${clusterName} in ${region}`,
      serviceTrust("eks.amazonaws.com", { ArnEquals: { "aws:SourceArn": sourceArn } }, [
        "sts:AssumeRole",
        "sts:TagSession",
      ]),
      clusterPolicies,
    );
    const node = this.role(
      `${name}-node`,
      `Nodes of ${clusterName} in ${region}`,
      serviceTrust("ec2.amazonaws.com"),
      nodePolicies,
    );
    this.clusterRoleArn = cluster.arn;
    this.nodeRoleArn = node.arn;
    this.attachments = [...cluster.attachments, ...node.attachments];
    this.registerOutputs({ clusterRoleArn: cluster.arn, nodeRoleArn: node.arn });
  }

  /** A role with some of AWS' own policies, and no other. */
  private role(name: string, description: string, assumeRolePolicy: string, policies: readonly string[]) {
    const child = { parent: this };
    const role = new iam.Role(`${name}-role`, { description, assumeRolePolicy }, child);
    const attachments = policies.map(
      (policy) =>
        new iam.RolePolicyAttachment(
          `${name}-${policy}`,
          { role: role.name, policyArn: managedPolicy(policy) },
          child,
        ),
    );
    return { arn: role.arn, attachments };
  }
}
