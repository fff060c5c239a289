import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as ec2 from "@pulumi/aws/ec2";
import * as rds from "@pulumi/aws/rds";
import * as vpc from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";
import { EncryptionKey, logsMayUse } from "../aws";
import { type AwsPeerSite, type Labels, transformed } from "../core";
import { auroraFamily, auroraLogs, auroraParameters, type AuroraSettings } from "./aurora-config";
import type { AuroraTransform } from "./aws-aurora";

/** The port that every cluster listens on. */
export const auroraPort = 3306;

const engine = "aurora-mysql";

/** One region's cluster, and what of the whole database it is made of. */
export interface AuroraRegionArgs {
  readonly site: AwsPeerSite;
  /** The cluster's name in its region. Replaces the cluster. */
  readonly cluster: string;
  readonly settings: AuroraSettings;
  /** The global database that it is part of, once that exists. */
  readonly globalCluster: pulumi.Input<string>;
  /**
   * Who may do everything: set where the database begins, and known to every other cluster from there.
   * @default none
   */
  readonly admin?: { readonly username: string; readonly password: pulumi.Input<string> } | undefined;
  readonly transform?: AuroraTransform | undefined;
}

/** Aurora in one region: a cluster that no other account, network or key of that region has to do with. */
export class AuroraRegion extends pulumi.ComponentResource {
  /** Where it takes writes while its region is the writer; nobody answers there else. */
  readonly writer: pulumi.Output<string>;
  /** Where it is read and, in the region that does not write, takes writes to hand on. */
  readonly reader: pulumi.Output<string>;

  constructor(name: string, args: AuroraRegionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:database:AuroraRegion", name, {}, opts);
    const { site, settings, transform } = args;
    const child = { parent: this };
    // Pulumi does not hand a component's dependencies down to its children.
    const before = opts?.dependsOn === undefined ? [] : [opts.dependsOn].flat();

    const parts = { ...makeNetwork(name, args, this), ...makeParts(name, args, this) };
    // Made by AWS otherwise, to be kept for ever and left behind.
    const logs = auroraLogs.map((log) => {
      const logArgs = {
        name: `/aws/rds/cluster/${args.cluster}/${log}`,
        // What is slow or wrong is told with the data in it.
        kmsKeyId: parts.keyArn,
        retentionInDays: 90,
        tags: tagsOf(site.place.labels),
      };
      return new cloudwatch.LogGroup(`${name}-${log}-log`, logArgs, child);
    });
    const cluster = new rds.Cluster(
      `${name}-cluster`,
      transformed(clusterArgs(args, parts), transform?.cluster),
      // AWS says whom a cluster follows, and the global database which version all of them have.
      {
        ...child,
        protect: settings.deletionProtection,
        dependsOn: [...logs, ...before] as pulumi.Resource[],
        ignoreChanges: ["replicationSourceIdentifier", "engineVersion"],
      },
    );
    for (let index = 0; index < settings.instances; index += 1) {
      new rds.ClusterInstance(
        `${name}-instance-${index}`,
        transformed(instanceArgs(args, { ...parts, cluster: cluster.id, index }), transform?.instance),
        child,
      );
    }

    this.writer = cluster.endpoint;
    this.reader = cluster.readerEndpoint;
    this.registerOutputs({ writer: this.writer, reader: this.reader });
  }
}

/** What a cluster is made of besides itself, by the names that AWS gave. */
interface Parts {
  readonly keyArn: pulumi.Output<string>;
  readonly subnetGroup: pulumi.Output<string>;
  readonly parameterGroup: pulumi.Output<string>;
  readonly securityGroup: pulumi.Output<string>;
}

const tagsOf = (labels: Labels) => ({ ...labels, "twinstack.dev/component": "database" });

/** Who gets in: pods of this region, and nobody gets out. */
function makeNetwork(name: string, { site, cluster }: AuroraRegionArgs, parent: pulumi.Resource) {
  const { vpcId, privateSubnetIds, podSecurityGroupId } = site.aws;
  const tags = tagsOf(site.place.labels);
  const subnets = new rds.SubnetGroup(
    `${name}-subnets`,
    { name: cluster, subnetIds: [...privateSubnetIds], tags },
    { parent },
  );
  const group = new ec2.SecurityGroup(
    `${name}-security-group`,
    { name: `${cluster}-database`, description: "The database's instances", vpcId, tags },
    { parent },
  );
  new vpc.SecurityGroupIngressRule(
    `${name}-from-pods`,
    {
      securityGroupId: group.id,
      referencedSecurityGroupId: podSecurityGroupId,
      ipProtocol: "tcp",
      fromPort: auroraPort,
      toPort: auroraPort,
      description: "Pods of this region's cluster",
      tags,
    },
    { parent },
  );
  return { subnetGroup: subnets.name, securityGroup: group.id };
}

function makeParts(
  name: string,
  { site, cluster, settings, transform }: AuroraRegionArgs,
  parent: pulumi.Resource,
) {
  const tags = tagsOf(site.place.labels);
  const key = new EncryptionKey(
    `${name}-data`,
    {
      description: `Data and logs of ${cluster}`,
      accountId: site.aws.accountId,
      statements: [logsMayUse(site.aws.region, site.aws.accountId)],
      protect: settings.deletionProtection,
    },
    { parent },
  );
  const parameters = new rds.ClusterParameterGroup(
    `${name}-parameters`,
    transformed(
      {
        name: cluster,
        family: auroraFamily,
        description: "Names of transactions, TLS and logs",
        parameters: [...auroraParameters],
        tags,
      },
      transform?.parameters,
    ),
    { parent },
  );
  return { keyArn: key.arn, parameterGroup: parameters.name };
}

function clusterArgs(args: AuroraRegionArgs, parts: Parts): rds.ClusterArgs {
  const { site, cluster, settings, globalCluster, admin } = args;
  const { deletionProtection } = settings;
  return {
    clusterIdentifier: cluster,
    globalClusterIdentifier: globalCluster,
    engine,
    engineVersion: settings.engineVersion,
    ...(admin === undefined ? {} : { masterUsername: admin.username, masterPassword: admin.password }),
    // Of use in the region that does not write; the other one has it ready for the day it is that.
    enableGlobalWriteForwarding: true,
    port: auroraPort,
    dbSubnetGroupName: parts.subnetGroup,
    vpcSecurityGroupIds: [parts.securityGroup],
    dbClusterParameterGroupName: parts.parameterGroup,
    storageEncrypted: true,
    kmsKeyId: parts.keyArn,
    backupRetentionPeriod: settings.backupRetentionDays,
    copyTagsToSnapshot: true,
    deletionProtection,
    // What may be deleted is a trial: its snapshot would only be left behind.
    ...(deletionProtection
      ? { skipFinalSnapshot: false, finalSnapshotIdentifier: `${cluster}-final` }
      : { skipFinalSnapshot: true }),
    enabledCloudwatchLogsExports: [...auroraLogs],
    tags: tagsOf(site.place.labels),
  };
}

function instanceArgs(
  { site, cluster, settings }: AuroraRegionArgs,
  {
    keyArn,
    cluster: clusterIdentifier,
    index,
  }: Pick<Parts, "keyArn"> & {
    readonly cluster: pulumi.Input<string>;
    readonly index: number;
  },
): rds.ClusterInstanceArgs {
  return {
    identifier: `${cluster}-${index}`,
    clusterIdentifier,
    engine,
    instanceClass: settings.instanceClass,
    publiclyAccessible: false,
    // Versions are the whole database's: one region with another one could not follow.
    autoMinorVersionUpgrade: false,
    caCertIdentifier: "rds-ca-rsa2048-g1",
    copyTagsToSnapshot: true,
    performanceInsightsEnabled: true,
    performanceInsightsKmsKeyId: keyArn,
    tags: tagsOf(site.place.labels),
  };
}
