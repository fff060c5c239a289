import { member, type Properties } from "./values";

/** What is lost with a resource that is made anew or deleted. */
const lost: Readonly<Record<string, string>> = {
  "kubernetes:core/v1:Namespace": "everything in it goes, volumes and all",
  "kubernetes:core/v1:PersistentVolume": "the data on it",
  "kubernetes:core/v1:PersistentVolumeClaim": "the data on it",
  "kubernetes:storage.k8s.io/v1:StorageClass": "volumes are made of another kind",
  "random:index/randomPassword:RandomPassword": "whoever uses the old password is shut out",
  "aws:backup/vault:Vault": "the backups in it",
  "aws:cloudwatch/logGroup:LogGroup": "the logs in it",
  "aws:dynamodb/table:Table": "the table's items: on a quorum's, every lease",
  "aws:dynamodb/tableReplica:TableReplica": "the replica's items, and its vote",
  "aws:ec2/vpc:Vpc": "everything in it",
  "aws:ecr/repository:Repository": "the images in it",
  "aws:eks/cluster:Cluster": "everything that runs in it",
  "aws:kms/key:Key": "everything encrypted with it",
  "aws:kms/replicaKey:ReplicaKey": "everything encrypted with it",
  "aws:rds/cluster:Cluster": "the data in it",
  "aws:rds/clusterInstance:ClusterInstance": "its connections; the data stays in the cluster",
  "aws:rds/globalCluster:GlobalCluster": "the replication between regions",
  "aws:rds/instance:Instance": "the data in it",
  "aws:route53/zone:Zone": "its name servers, which the parent zone names",
  "aws:s3/bucket:Bucket": "the objects in it",
  "aws:s3/bucketV2:BucketV2": "the objects in it",
  "aws:secretsmanager/secret:Secret": "the secret's versions",
};

/** A password that is deleted goes with what it opened; one that is made anew shuts somebody out. */
const harmlessToDelete = new Set(["random:index/randomPassword:RandomPassword"]);

/** Why a resource may not be made anew or deleted lightly; undefined for what can be made again as it was. */
export function lostWith(
  { type, inputs }: { readonly type: string; readonly inputs: Properties },
  operation: "replace" | "delete",
): string | undefined {
  if (operation === "delete" && harmlessToDelete.has(type)) return undefined;
  return type === "kubernetes:apps/v1:StatefulSet" ? volumesLost(inputs) : lost[type];
}

/** What becomes of a StatefulSet's volumes when it is gone. */
function volumesLost({ spec }: Properties): string {
  const policy = member(member(spec, "persistentVolumeClaimRetentionPolicy"), "whenDeleted");
  return policy === "Delete"
    ? "its pods all stop, and its volumes are deleted with it"
    : "its pods all stop; its volumes stay as they are";
}
