import type { Provider, Resource } from "../../policies/rule";

const account = "111122223333";
const key = `arn:aws:kms:eu-central-1:${account}:key/1`;

/** Provider of region a; what is made by it is in that region. */
const a: Provider = { name: "shop-a-aws", region: "eu-central-1" };
const b: Provider = { name: "shop-b-aws", region: "eu-west-1" };

const made = (type: string, name: string, props: object, provider = a): Resource => ({
  type: `aws:${type}`,
  name,
  props,
  provider,
});

/** An IAM document that allows actions on resources, to principals where there are any. */
export const document = (Action: unknown, Resource: unknown, rest: object = {}): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource, ...rest }] });

const database = (name: string, provider: Provider): Resource =>
  made(
    "rds/cluster:Cluster",
    name,
    {
      globalClusterIdentifier: "shop",
      engine: "aurora-mysql",
      storageEncrypted: true,
      kmsKeyId: key,
      deletionProtection: true,
      backupRetentionPeriod: 35,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: "shop-last",
      availabilityZones: [`${String(provider.region)}a`, `${String(provider.region)}b`],
    },
    provider,
  );

const instance = (name: string, provider: Provider): Resource =>
  made(
    "rds/clusterInstance:ClusterInstance",
    name,
    { clusterIdentifier: "shop", instanceClass: "db.r6g.large", publiclyAccessible: false },
    provider,
  );

const awsProvider = ({ name, region }: Provider): Resource => ({
  type: "pulumi:providers:aws",
  name,
  props: {
    region,
    allowedAccountIds: JSON.stringify([account]),
    defaultTags: JSON.stringify({ tags: { "twinstack.dev/stack": "production" } }),
  } as object,
});

/** Resources of AWS that meet every rule, by what tests call them. */
export const goodAws = () => ({
  provider: awsProvider(a),
  otherProvider: awsProvider(b),
  globalDatabase: made("rds/globalCluster:GlobalCluster", "shop-database-global", {
    globalClusterIdentifier: "shop",
    storageEncrypted: true,
    deletionProtection: true,
  }),
  database: database("shop-database-a", a),
  otherDatabase: database("shop-database-b", b),
  instance: instance("shop-database-a-1", a),
  secondInstance: instance("shop-database-a-2", a),
  otherInstance: instance("shop-database-b-1", b),
  fourthInstance: instance("shop-database-b-2", b),
  parameters: made("rds/clusterParameterGroup:ClusterParameterGroup", "shop-database-a-parameters", {
    family: "aurora-mysql8.0",
    parameters: [
      { name: "gtid-mode", value: "ON" },
      { name: "enforce_gtid_consistency", value: "ON" },
      { name: "require_secure_transport", value: "ON" },
      { name: "innodb_flush_log_at_trx_commit", value: "1" },
    ],
  }),
  leases: made("dynamodb/table:Table", "shop-leases", {
    billingMode: "PAY_PER_REQUEST",
    hashKey: "id",
    attributes: [{ name: "id", type: "S" }],
    deletionProtectionEnabled: true,
    pointInTimeRecovery: { enabled: true },
    serverSideEncryption: { enabled: true },
    replicas: [
      {
        regionName: "eu-west-1",
        consistencyMode: "STRONG",
        deletionProtectionEnabled: true,
        pointInTimeRecovery: true,
      },
    ],
    globalTableWitness: { regionName: "eu-west-2" },
  }),
  repository: made("ecr/repository:Repository", "shop-web", {
    imageTagMutability: "IMMUTABLE",
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: key }],
  }),
  topic: made("sns/topic:Topic", "shop-alarms", { kmsMasterKeyId: key }),
  logs: made("cloudwatch/logGroup:LogGroup", "shop-logs", { kmsKeyId: key, retentionInDays: 90 }),
  key: made("kms/key:Key", "shop-key", {
    enableKeyRotation: true,
    deletionWindowInDays: 30,
    policy: document("kms:*", "*", { Principal: { AWS: `arn:aws:iam::${account}:root` } }),
  }),
  replicaKey: made(
    "kms/replicaKey:ReplicaKey",
    "shop-replica-key",
    { primaryKeyArn: key, deletionWindowInDays: 30 },
    b,
  ),
  cluster: made("eks/cluster:Cluster", "shop-a-cluster", {
    roleArn: `arn:aws:iam::${account}:role/shop`,
    deletionProtection: true,
    enabledClusterLogTypes: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
    encryptionConfig: { provider: { keyArn: key }, resources: ["secrets"] },
    vpcConfig: { subnetIds: ["subnet-1"], endpointPrivateAccess: true, endpointPublicAccess: false },
  }),
  role: made("iam/role:Role", "shop-steward-role", {
    assumeRolePolicy: document(["sts:AssumeRole", "sts:TagSession"], undefined, {
      Principal: { Service: "pods.eks.amazonaws.com" },
    }),
  }),
  rolePolicy: made("iam/rolePolicy:RolePolicy", "shop-steward-policy", {
    role: "shop-steward-role",
    policy: document("dynamodb:GetItem", `arn:aws:dynamodb:eu-central-1:${account}:table/shop-leases`),
  }),
  attachment: made("iam/rolePolicyAttachment:RolePolicyAttachment", "shop-cluster-attachment", {
    role: "shop",
    policyArn: "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy",
  }),
  launchTemplate: made("ec2/launchTemplate:LaunchTemplate", "shop-nodes", {
    metadataOptions: { httpTokens: "required", httpEndpoint: "enabled" },
    networkInterfaces: [{ associatePublicIpAddress: "false" }],
  }),
  vpc: made("ec2/vpc:Vpc", "shop-a-vpc", { cidrBlock: "10.0.0.0/16" }),
  flowLog: made("ec2/flowLog:FlowLog", "shop-a-flow-log", { vpcId: "vpc-1", trafficType: "ALL" }),
  subnet: made("ec2/subnet:Subnet", "shop-a-subnet", {
    vpcId: "vpc-1",
    availabilityZone: "eu-central-1a",
    mapPublicIpOnLaunch: false,
  }),
  publicIngress: made("vpc/securityGroupIngressRule:SecurityGroupIngressRule", "shop-a-front-clients", {
    securityGroupId: "sg-1",
    cidrIpv4: "0.0.0.0/0",
    fromPort: 443,
    toPort: 443,
    ipProtocol: "tcp",
  }),
  databaseIngress: made("vpc/securityGroupIngressRule:SecurityGroupIngressRule", "shop-a-database-mysql", {
    securityGroupId: "sg-2",
    cidrIpv4: "10.0.0.0/16",
    fromPort: 3306,
    toPort: 3306,
    ipProtocol: "tcp",
  }),
  group: made("ec2/securityGroup:SecurityGroup", "shop-a-nodes", {
    vpcId: "vpc-1",
    ingress: [{ protocol: "tcp", fromPort: 8080, toPort: 8080, cidrBlocks: ["10.0.0.0/16"] }],
  }),
  loadBalancer: made("lb/loadBalancer:LoadBalancer", "shop-a-load-balancer", {
    loadBalancerType: "network",
    enableDeletionProtection: true,
  }),
  listener: made("lb/listener:Listener", "shop-a-load-balancer-listener", {
    port: 443,
    protocol: "TLS",
    sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
    certificateArn: `arn:aws:acm:eu-central-1:${account}:certificate/1`,
    defaultActions: [{ type: "forward", targetGroupArn: "tg-1" }],
  }),
  certificate: made("acm/certificate:Certificate", "shop-a-certificate", {
    domainName: "shop.example.com",
    validationMethod: "DNS",
  }),
  record: made("route53/record:Record", "shop-dns-a", {
    zoneId: "Z1",
    name: "shop.example.com",
    type: "A",
    aliases: [{ name: "lb.example", zoneId: "Z2", evaluateTargetHealth: true }],
    weightedRoutingPolicies: [{ weight: 1 }],
    setIdentifier: "a",
    healthCheckId: "check-1",
  }),
  healthCheck: made("route53/healthCheck:HealthCheck", "shop-dns-a-check", {
    type: "HTTPS",
    fqdn: "a.shop.example.com",
    port: 443,
    resourcePath: "/region-health",
    requestInterval: 10,
    failureThreshold: 2,
  }),
  alarm: made("cloudwatch/metricAlarm:MetricAlarm", "shop-lag-alarm", {
    metricName: "AuroraGlobalDBReplicationLag",
    alarmActions: [`arn:aws:sns:eu-central-1:${account}:shop-alarms`],
  }),
});
