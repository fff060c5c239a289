import * as rds from "@pulumi/aws/rds";
import * as pulumi from "@pulumi/pulumi";
import { type AwsPeerSite, transformed } from "../core";
import { auroraLogs, auroraPort, type AuroraSettings } from "./aurora-config";
import { type AuroraParts, makeParts, tagsOf } from "./aurora-parts";
import type { AuroraTransform } from "./aws-aurora";

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

/** Aurora in one region, with a network, a key and parameters of its own. */
export class AuroraRegion extends pulumi.ComponentResource {
  /** Where it takes writes while its region is the writer; nobody answers there else. */
  readonly writer: pulumi.Output<string>;
  /** Where it is read and, in the region that does not write, takes writes to hand on. */
  readonly reader: pulumi.Output<string>;

  constructor(name: string, args: AuroraRegionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:database:AuroraRegion", name, {}, opts);
    const { settings, transform } = args;
    const child = { parent: this };
    // Pulumi does not hand a component's dependencies down to its children.
    const before = opts?.dependsOn === undefined ? [] : [opts.dependsOn].flat();

    const parts = makeParts(name, args, this);
    const cluster = new rds.Cluster(
      `${name}-cluster`,
      transformed(clusterArgs(args, parts), transform?.cluster),
      // AWS says whom a cluster follows, and the global database which version all of them have.
      {
        ...child,
        protect: settings.deletionProtection,
        dependsOn: [...parts.logs, ...before] as pulumi.Resource[],
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

function clusterArgs(args: AuroraRegionArgs, parts: AuroraParts): rds.ClusterArgs {
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
  }: Pick<AuroraParts, "keyArn"> & {
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
