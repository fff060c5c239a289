import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as eks from "@pulumi/aws/eks";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { EncryptionKey, logsMayUse } from "../aws";
import { addressAt, type AwsGround, ValidationError } from "../core";
import type { Cluster } from "./cluster";
import { EksRoles } from "./eks-roles";
import { logRetentionDays } from "./flow-log";
import { eksKubeconfig } from "./kubeconfig";
import { Vpc, type VpcConfig } from "./vpc";

/** A cluster on AWS, made with its network. */
export interface EksClusterArgs {
  readonly kind: "eks";
  /** AWS' name of the region, such as eu-central-1. Replaces everything in the region. */
  readonly region: string;
  /** The account everything is in: 12 digits. */
  readonly accountId: string;
  /** The cluster's name in its region. Replaces everything in the region. */
  readonly clusterName: string;
  /** Kubernetes' version, such as "1.34"; it only ever goes up, by one at a time. */
  readonly version: string;
  readonly vpc: VpcConfig;
  /**
   * Block that Services take their addresses from, apart from every VPC. Replaces the cluster.
   * @default "172.20.0.0/16"
   */
  readonly serviceCidr?: string | undefined;
  /**
   * Blocks from which the API is reached over the internet, by those who may.
   * @default none: only from inside the VPC
   */
  readonly publicAccessCidrs?: readonly string[] | undefined;
  /** ARNs of roles that may do everything in the cluster: that of whoever runs Pulumi must be one of them. */
  readonly administrators: readonly string[];
  /**
   * Nobody can delete the cluster, its keys, its region's images and load balancer, not even `pulumi destroy`.
   * @default true
   */
  readonly deletionProtection?: boolean | undefined;
}

export const defaultServiceCidr = "172.20.0.0/16";

/** Where Services' names are asked for: EKS gives its DNS the tenth address. */
const dnsAddress = 10;

/** Everything that the control plane can log. */
const logTypes = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

/**
 * EKS in Auto Mode: AWS makes, patches and replaces nodes as pods need them, and registers pods with load balancers. Nobody
 * can log in to a node, and no pod can ask one for its role.
 */
export class EksCluster extends pulumi.ComponentResource implements Cluster {
  readonly provider: k8s.Provider;
  readonly resolver: string;
  /** What everything else in the region stands on. */
  readonly ground: AwsGround;

  constructor(name: string, args: EksClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:cluster:EksCluster", name, {}, opts);
    const { region, accountId, clusterName, deletionProtection: protect = true } = args;
    const { logKey, secretsKey } = this.keys(name, args, protect);
    const vpc = new Vpc(
      `${name}-vpc`,
      { ...args.vpc, region, accountId, label: clusterName, logKeyArn: logKey.arn },
      { parent: this },
    );
    const roles = new EksRoles(`${name}-roles`, { clusterName, region, accountId }, { parent: this });
    const logs = new cloudwatch.LogGroup(
      `${name}-logs`,
      {
        // EKS would make it by itself: in clear, for ever, and left behind.
        name: `/aws/eks/${clusterName}/cluster`,
        kmsKeyId: logKey.arn,
        retentionInDays: logRetentionDays,
      },
      { parent: this },
    );
    const cluster = new eks.Cluster(
      `${name}-cluster`,
      clusterArgs(args, { vpc, roles, secretsKey, protect }),
      {
        parent: this,
        protect,
        dependsOn: [...roles.attachments, vpc, logs],
      },
    );

    const access = args.administrators.flatMap((arn) => this.administrator(name, arn, cluster));
    // Counts what pods use, for autoscalers; Auto Mode brings all else.
    new eks.Addon(
      `${name}-metrics-server`,
      { clusterName: cluster.name, addonName: "metrics-server" },
      { parent: this },
    );
    this.provider = this.kubernetes(name, args, cluster, access);
    this.resolver = addressAt(args.serviceCidr ?? defaultServiceCidr, dnsAddress);
    this.ground = {
      region,
      accountId,
      provider: this.aws(name),
      protect,
      vpcId: vpc.vpcId,
      vpcCidr: args.vpc.cidr,
      privateSubnetIds: vpc.privateSubnetIds,
      publicSubnetIds: vpc.publicSubnetIds,
      podSecurityGroupId: cluster.vpcConfig.clusterSecurityGroupId,
      clusterName: cluster.name,
    };
    this.registerOutputs({});
  }

  /** Who makes the region's AWS resources: the default provider would make them wherever the shell says. */
  private aws(name: string): pulumi.ProviderResource {
    const provider = this.getProvider("aws:eks/cluster:Cluster");
    if (provider !== undefined) return provider;
    const allowed = "an aws.Provider of the cluster's region, as `new aws.Provider(...)` makes one";
    throw new ValidationError(name, [{ path: ["opts", "provider"], found: "missing", allowed }]);
  }

  /** One key for the cluster's Secrets, one for logs: who reads the one has no right to the other. */
  private keys(name: string, { region, accountId, clusterName }: EksClusterArgs, protect: boolean) {
    const shared = { accountId, protect };
    const secretsKey = new EncryptionKey(
      `${name}-secrets`,
      { ...shared, description: `Secrets of Kubernetes in ${clusterName}` },
      { parent: this },
    );
    const logKey = new EncryptionKey(
      `${name}-log`,
      {
        ...shared,
        description: `Logs of ${clusterName} and its network`,
        statements: [logsMayUse(region, accountId)],
      },
      { parent: this },
    );
    return { secretsKey, logKey };
  }

  /** Somebody who may do everything in the cluster. */
  private administrator(name: string, principalArn: string, cluster: eks.Cluster): pulumi.Resource[] {
    const child = { parent: this };
    const role = `${name}-${principalArn.slice(principalArn.lastIndexOf("/") + 1)}`;
    const entry = new eks.AccessEntry(`${role}-access`, { clusterName: cluster.name, principalArn }, child);
    const policy = new eks.AccessPolicyAssociation(
      `${role}-policy`,
      {
        clusterName: cluster.name,
        principalArn,
        policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
        accessScope: { type: "cluster" },
      },
      { ...child, dependsOn: [entry] },
    );
    return [entry, policy];
  }

  /** Makes objects in the cluster, for as long as it is allowed to. */
  private kubernetes(
    name: string,
    { clusterName, region, accountId }: EksClusterArgs,
    { endpoint, certificateAuthority }: eks.Cluster,
    access: readonly pulumi.Resource[],
  ): k8s.Provider {
    return new k8s.Provider(
      `${name}-provider`,
      {
        kubeconfig: eksKubeconfig({
          clusterName,
          region,
          endpoint,
          certificateAuthority: certificateAuthority.data,
        }),
        // The same cluster for as long as its name is: a new certificate replaces nothing.
        clusterIdentifier: `arn:aws:eks:${region}:${accountId}:cluster/${clusterName}`,
        enableServerSideApply: true,
        enableSecretMutable: true,
      },
      { parent: this, dependsOn: [...access] },
    );
  }
}

/** What a cluster is made of. */
interface EksParts {
  readonly vpc: Vpc;
  readonly roles: EksRoles;
  readonly secretsKey: EncryptionKey;
  readonly protect: boolean;
}

function clusterArgs(args: EksClusterArgs, { vpc, roles, secretsKey, protect }: EksParts): eks.ClusterArgs {
  const publicAccessCidrs = args.publicAccessCidrs ?? [];
  const isPublic = publicAccessCidrs.length > 0;
  return {
    name: args.clusterName,
    version: args.version,
    roleArn: roles.clusterRoleArn,
    // Who may do what is said here alone, not in a ConfigMap, and whoever made the cluster is nobody special.
    accessConfig: { authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false },
    bootstrapSelfManagedAddons: false,
    computeConfig: {
      enabled: true,
      nodePools: ["general-purpose", "system"],
      nodeRoleArn: roles.nodeRoleArn,
    },
    kubernetesNetworkConfig: {
      elasticLoadBalancing: { enabled: true },
      serviceIpv4Cidr: args.serviceCidr ?? defaultServiceCidr,
    },
    storageConfig: { blockStorage: { enabled: true } },
    vpcConfig: {
      subnetIds: [...vpc.privateSubnetIds],
      endpointPrivateAccess: true,
      endpointPublicAccess: isPublic,
      ...(isPublic ? { publicAccessCidrs: [...publicAccessCidrs] } : {}),
    },
    encryptionConfig: { provider: { keyArn: secretsKey.arn }, resources: ["secrets"] },
    enabledClusterLogTypes: logTypes,
    zonalShiftConfig: { enabled: true },
    deletionProtection: protect,
  };
}
