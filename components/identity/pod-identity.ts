import * as eks from "@pulumi/aws/eks";
import * as iam from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import { policyText, serviceTrust, type Statement } from "../aws";
import { arnOf, type AwsPeerSite } from "../core";

/** Whose pods may do what on AWS. */
export interface PodIdentityArgs {
  readonly site: AwsPeerSite;
  /** The role's name: one for the whole account, so the site's name is part of it. Replaces the role. */
  readonly roleName: string;
  /** The pods' account in the site's namespace, which others can't use. */
  readonly serviceAccountName: string;
  /** Each names its actions and whole ARNs: neither has a wildcard. */
  readonly statements: readonly Statement[];
}

/**
 * A role of AWS that pods of one account of one namespace of one cluster have, and nobody else. Credentials come from the
 * node's agent and last for hours: no key is written anywhere. A pod has them if it starts after this exists.
 */
export class PodIdentity extends pulumi.ComponentResource {
  constructor(name: string, args: PodIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:identity:PodIdentity", name, {}, opts);
    const { site, roleName, serviceAccountName, statements } = args;
    const child = { parent: this };

    const role = new iam.Role(
      `${name}-role`,
      { name: roleName, assumeRolePolicy: trustOf(args), tags: { ...site.place.labels } },
      child,
    );
    const rights = new iam.RolePolicy(
      `${name}-policy`,
      { name: roleName, role: role.name, policy: policyText(statements) },
      child,
    );
    new eks.PodIdentityAssociation(
      `${name}-association`,
      {
        clusterName: site.aws.clusterName,
        namespace: site.place.namespaceName,
        serviceAccount: serviceAccountName,
        roleArn: role.arn,
        tags: { ...site.place.labels },
      },
      // A pod with the role and without its rights would only fail.
      { ...child, dependsOn: rights },
    );
    this.registerOutputs({});
  }
}

/** Who may have the role: the pods that EKS vouches for by these tags. */
const trustOf = ({ site, serviceAccountName }: PodIdentityArgs): pulumi.Output<string> =>
  pulumi.output(site.aws.clusterName).apply((cluster) =>
    serviceTrust(
      "pods.eks.amazonaws.com",
      {
        StringEquals: {
          "aws:SourceAccount": site.aws.accountId,
          "aws:RequestTag/eks-cluster-arn": arnOf(site.aws, "eks", `cluster/${cluster}`),
          "aws:RequestTag/kubernetes-namespace": site.place.namespaceName,
          "aws:RequestTag/kubernetes-service-account": serviceAccountName,
        },
      },
      ["sts:AssumeRole", "sts:TagSession"],
    ),
  );
