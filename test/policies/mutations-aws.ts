import { gone, type Mutation, set, statement } from "./mutation";

const aws = (what: string, type: string, change: Mutation["change"], named?: RegExp): Mutation => ({
  what,
  golden: "production",
  of: {
    type: /^(pulumi|kubernetes):/.test(type) ? type : `aws:${type}`,
    ...(named === undefined ? {} : { named }),
  },
  change,
});

const cluster = "rds/cluster:Cluster";
const global = "rds/globalCluster:GlobalCluster";
const instance = "rds/clusterInstance:ClusterInstance";
const parameters = "rds/clusterParameterGroup:ClusterParameterGroup";
const table = "dynamodb/table:Table";
const ingress = "vpc/securityGroupIngressRule:SecurityGroupIngressRule";

const inClear = [
  { name: "gtid-mode", value: "ON" },
  { name: "enforce_gtid_consistency", value: "ON" },
  { name: "require_secure_transport", value: "OFF" },
];

/** Dangerous changes of the golden on AWS. */
export const awsMutations: readonly Mutation[] = [
  aws("a public database", instance, set("publiclyAccessible", true)),
  aws("a database on disks in clear", cluster, set("storageEncrypted", false)),
  aws("a database with AWS' shared key", cluster, set("kmsKeyId", undefined)),
  aws("a database that can be deleted", cluster, set("deletionProtection", false)),
  aws("a database that goes without a last copy", cluster, set("skipFinalSnapshot", true)),
  aws("backups of a day", cluster, set("backupRetentionPeriod", 1)),
  aws("a database in one region", cluster, set("globalClusterIdentifier", undefined)),
  aws("a global database that can be deleted", global, set("deletionProtection", false)),
  aws("a global database in clear", global, set("storageEncrypted", false)),
  aws("a region's database in one zone", instance, gone),
  aws("a database that takes connections in clear", parameters, set("parameters", inClear)),
  aws(
    "transactions without names on Aurora",
    parameters,
    set("parameters", [{ name: "require_secure_transport", value: "ON" }]),
  ),
  aws("leases that lag behind", table, set("replicas.0.consistencyMode", "EVENTUAL")),
  aws("leases without a witness", table, set("globalTableWitness", undefined)),
  aws("a witness that goes with its region", table, set("globalTableWitness.regionName", "eu-west-1")),
  aws("leases that can be deleted", table, set("deletionProtectionEnabled", false)),
  aws("leases that nobody can bring back", table, set("pointInTimeRecovery.enabled", false)),
  aws("leases with AWS' shared key", table, set("serverSideEncryption", undefined)),
  aws("tags that can be moved", "ecr/repository:Repository", set("imageTagMutability", "MUTABLE")),
  aws(
    "images that nobody scans",
    "ecr/repository:Repository",
    set("imageScanningConfiguration.scanOnPush", false),
  ),
  aws("alarms in clear", "sns/topic:Topic", set("kmsMasterKeyId", undefined)),
  aws("logs in clear", "cloudwatch/logGroup:LogGroup", set("kmsKeyId", undefined)),
  aws("a key for ever", "kms/key:Key", set("enableKeyRotation", false)),
  aws("a key that is gone in a week", "kms/key:Key", set("deletionWindowInDays", 7), /secrets/),
  aws(
    "a key for everybody",
    "kms/key:Key",
    statement("policy", { Principal: { AWS: "*" }, Condition: undefined }),
  ),
  aws("rights to every action", "iam/rolePolicy:RolePolicy", statement("policy", { Action: "*" })),
  aws(
    "rights to a whole service",
    "iam/rolePolicy:RolePolicy",
    statement("policy", { Action: "dynamodb:*" }),
  ),
  aws("rights on everything", "iam/rolePolicy:RolePolicy", statement("policy", { Resource: "*" })),
  aws(
    "a role for everybody",
    "iam/role:Role",
    statement("assumeRolePolicy", { Principal: "*", Condition: undefined }),
  ),
  aws(
    "an administrator's role",
    "iam/rolePolicyAttachment:RolePolicyAttachment",
    set("policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"),
  ),
  aws("a database for the internet", ingress, set("cidrIpv4", "0.0.0.0/0"), /database|from-pods/),
  aws("more than the load balancer's port", ingress, set("toPort", 65_535), /-front-clients$/),
  aws("a cluster that logs nothing", "eks/cluster:Cluster", set("enabledClusterLogTypes", [])),
  aws("Kubernetes' API for everybody", "eks/cluster:Cluster", set("vpcConfig.endpointPublicAccess", true)),
  aws("Secrets of Kubernetes in clear", "eks/cluster:Cluster", set("encryptionConfig", undefined)),
  aws("a cluster that can be deleted", "eks/cluster:Cluster", set("deletionProtection", false)),
  aws("a network that logs nothing", "ec2/flowLog:FlowLog", gone),
  aws("machines on the internet", "ec2/subnet:Subnet", set("mapPublicIpOnLaunch", true)),
  aws("a subnet in the other region", "ec2/subnet:Subnet", set("availabilityZone", "us-east-1a")),
  aws("a provider for every account", "pulumi:providers:aws", set("allowedAccountIds", undefined)),
  aws("a provider of no region", "pulumi:providers:aws", set("region", undefined)),
  aws("resources of nobody's", "pulumi:providers:aws", set("defaultTags", undefined)),
  aws("a region that is healthy for ever", "route53/record:Record", set("healthCheckId", undefined), /dns/),
  aws("a health check of something else", "route53/healthCheck:HealthCheck", set("resourcePath", "/")),
  aws("a health check that is switched off", "route53/healthCheck:HealthCheck", set("disabled", true)),
  aws(
    "a health check that takes five minutes",
    "route53/healthCheck:HealthCheck",
    set("failureThreshold", 10),
  ),
  aws("a certificate that ends one day", "acm/certificate:Certificate", set("validationMethod", "EMAIL")),
  aws("clients in clear", "lb/listener:Listener", set("protocol", "TCP")),
  aws("TLS of old for clients", "lb/listener:Listener", set("sslPolicy", "ELBSecurityPolicy-2016-08")),
  aws(
    "a load balancer that can be deleted",
    "lb/loadBalancer:LoadBalancer",
    set("enableDeletionProtection", false),
  ),
  aws(
    "nodes whose role anybody inside can take",
    "ec2/launchTemplate:LaunchTemplate",
    set("metadataOptions.httpTokens", "optional"),
  ),
  aws(
    "an image of a stranger's",
    "kubernetes:apps/v1:Deployment",
    set("spec.template.spec.containers.0.image", `docker.io/web@sha256:${"0".repeat(64)}`),
  ),
  aws("a pod reached past the load balancer", "kubernetes:core/v1:Service", set("spec.type", "LoadBalancer")),
  aws(
    "Aurora that promises to lose nothing",
    "pulumi:pulumi:Stack",
    set("database", { mode: "semi-sync", rpoSeconds: 0 }),
  ),
  aws("an alarm that nobody hears", "cloudwatch/metricAlarm:MetricAlarm", set("alarmActions", [])),
];
