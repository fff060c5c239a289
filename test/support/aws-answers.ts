type State = Record<string, unknown>;

/** What AWS makes up, by type, besides the ARN and the name of everything. */
const made: Readonly<Record<string, readonly string[]>> = {
  "aws:ec2/eip:Eip": ["allocationId"],
  "aws:ecr/replicationConfiguration:ReplicationConfiguration": ["registryId"],
  "aws:ecr/repository:Repository": ["registryId"],
  "aws:eks/cluster:Cluster": ["endpoint"],
  "aws:lb/loadBalancer:LoadBalancer": ["arnSuffix", "dnsName", "zoneId"],
  "aws:lb/targetGroup:TargetGroup": ["arnSuffix"],
  "aws:rds/cluster:Cluster": ["endpoint", "readerEndpoint"],
  "aws:route53/record:Record": ["fqdn"],
};

/** What is made up inside something else. */
const nested: Readonly<Record<string, (name: string, inputs: State) => State>> = {
  "aws:acm/certificate:Certificate": (name) => ({
    domainValidationOptions: [
      {
        resourceRecordName: `record name of ${name}`,
        resourceRecordType: "CNAME",
        resourceRecordValue: `record value of ${name}`,
      },
    ],
  }),
  "aws:eks/cluster:Cluster": (name, { vpcConfig }) => ({
    certificateAuthority: { data: `authority of ${name}` },
    vpcConfig: { ...(vpcConfig as State), clusterSecurityGroupId: `security group of ${name}` },
  }),
};

/** The state of a resource of AWS: what was asked for, and what AWS makes up where the program looks at it. */
export const awsState = (type: string, name: string, inputs: State): State => ({
  ...Object.fromEntries(["arn", "name", ...(made[type] ?? [])].map((key) => [key, `${key} of ${name}`])),
  ...inputs,
  ...nested[type]?.(name, inputs),
});
