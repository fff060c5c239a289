import { changed, descriptionOf } from "../support/description";

/** Two regions on AWS, and what they share. */
export const aws = descriptionOf("production");

const b = aws.regions["b"] as object;
const local = descriptionOf("local");
const existing = { kind: "existing", context: "other" };

/** What is wrong with `production` once a value stands at a path: the sentences told, all of them. */
export const wrongOnAws: [path: string, value: unknown, ...sentences: string[]][] = [
  // the account
  [
    "aws.accountId",
    111122223333,
    'aws.accountId is 111122223333; must be the 12 digits of an account, in quotes, such as "111122223333"; put it in quotes',
  ],
  [
    "aws.accountId",
    "1111-2222-3333",
    'aws.accountId is "1111-2222-3333"; must be the 12 digits of an account, in quotes, such as "111122223333"',
  ],
  ["aws", undefined, "aws is missing; must be there: regions on AWS are made in an account"],
  // clusters
  [
    "regions.a.cluster.region",
    "Frankfurt",
    `regions.a.cluster.region is "Frankfurt"; must be AWS' name of a region, such as eu-central-1`,
  ],
  [
    "regions.a.cluster.version",
    1.34,
    'regions.a.cluster.version is 1.34; must be a version of Kubernetes in quotes, such as "1.34"; put it in quotes',
  ],
  [
    "regions.a.cluster.administrators",
    [],
    "regions.a.cluster.administrators is a list; must be a list of 1 to 20",
  ],
  [
    "regions.a.cluster.administrators",
    ["arn:aws:iam::111122223333:user/bob"],
    'regions.a.cluster.administrators[0] is "arn:aws:iam::111122223333:user/bob"; must be the ARN of a role, such as arn:aws:iam::111122223333:role/deployer',
  ],
  [
    "regions.a.cluster.publicAccessCidrs",
    ["0.0.0.0/0"],
    'regions.a.cluster.publicAccessCidrs[0] is "0.0.0.0/0"; must be an IPv4 block that starts at its first address, such as 10.1.0.0/16',
  ],
  [
    "regions.a.cluster.vpc.natGateways",
    2,
    'regions.a.cluster.vpc.natGateways is 2; must be one of "perZone", "one"',
  ],
  ["regions.a.cluster.vpc.zones", ["a", "b"], "regions.a.cluster.vpc.zones is a list; must be a list of 3"],
  [
    "regions.a.cluster.vpc.cidr",
    "10.16.0.0/24",
    'regions.a.cluster.vpc.cidr is "10.16.0.0/24"; must be a block from /16 to /20; AWS takes no larger one, and pods of three zones need the room of a /20',
  ],
  [
    "regions.a.cluster.context",
    "here",
    "regions.a.cluster.context is not a known key; must be one of kind, region, version, vpc, serviceCidr, publicAccessCidrs, administrators, deletionProtection; remove it",
  ],
  // regions
  [
    "regions.b.cluster.region",
    "eu-central-1",
    'regions.b.cluster.region is "eu-central-1"; must be a region of AWS of its own; region a is there: one failure would take both',
  ],
  [
    "regions.b.cluster.region",
    "us-east-1",
    'regions.b.cluster.region is "us-east-1"; must be one of eu-west-1, eu-west-2, eu-west-3; AWS has strong consistency with eu-central-1 there only',
  ],
  [
    "regions.b.cluster.vpc.cidr",
    "10.16.128.0/17",
    'regions.b.cluster.vpc.cidr is "10.16.128.0/17"; must be apart from every other region\'s; region a has 10.16.0.0/16, and the two could never be joined',
  ],
  [
    "regions.b.cluster.serviceCidr",
    "10.17.240.0/20",
    'regions.b.cluster.serviceCidr is "10.17.240.0/20"; must be apart from the region\'s VPC; vpc.cidr is 10.17.0.0/16, and packets for the one would end at the other',
  ],
  [
    "regions.b.network",
    { address: "192.0.2.1", podCidr: "10.1.0.0/16", serviceCidr: "10.2.0.0/16" },
    'regions.b.network is an object; must be left out in a region with a cluster of kind "eks"; AWS joins it to the others',
  ],
  [
    "regions.b.cluster",
    existing,
    "regions.b.network is missing; must be an object with address, podCidr, serviceCidr, since the other sites need to reach it",
    'regions.b.routing.exposure.kind is "networkLoadBalancer"; must be "nodePort" where there is a dns; what DNS may answer must be known before anything is made',
    'regions.b.cluster.kind is "existing"; must be "eks", as in the other regions; what regions share is either AWS\' or in pods that know each other by addresses',
    "quorum is of 1 region and a witness (a); must be of 2 regions and a witness; AWS makes it of two copies and a witness: add or remove regions",
  ],
  // who votes, who writes, who answers
  [
    "quorum",
    changed(local, "quorum.witness", undefined)["quorum"],
    "images.etcd is missing; must be the name of an image with etcd, since there is a quorum",
    'quorum.kind is "etcd"; must be "dynamodb" here; nodes of EKS come and go with their addresses, which pods of other regions would need',
  ],
  [
    "quorum.witness.region",
    "eu-west-1",
    'quorum.witness.region is "eu-west-1"; must be one of eu-west-2, eu-west-3; two of the three in one region would be lost together',
  ],
  ["quorum.witness.name", "a", 'quorum.witness.name is "a"; must be a name of its own; region a has it too'],
  [
    "quorum.leaseSeconds",
    2,
    "quorum.leaseSeconds is 2; must be at least 5; it is renewed every fifth of it, and a write that two regions agree on may take 1 s",
  ],
  [
    "database",
    local.database,
    "images.mysql is missing; must be the name of an image with mysql, since there is a database",
    'database.kind is "mysql"; must be "aurora" here; nodes of EKS come and go with their addresses, which pods of other regions would need',
  ],
  [
    "database.rpoSeconds",
    0,
    'database.rpoSeconds is 0; must be left out; Aurora acknowledges writes that no other region has: a database of kind "mysql" can promise 0',
  ],
  [
    "database.instanceClass",
    "db.t4g.medium",
    'database.instanceClass is "db.t4g.medium"; must be a class of the families r or x, such as db.r8g.large; no other class can be part of a global database',
  ],
  ["database.preferredWriter", "w", 'database.preferredWriter is "w"; must be a region that serves: a or b'],
  [
    "dns",
    { ...local.dns, ttlSeconds: 1 },
    "images.powerdns is missing; must be the name of an image with powerdns, since there is a dns",
    'dns.kind is "powerdns"; must be "route53" here; nodes of EKS come and go with their addresses, which pods of other regions would need',
  ],
  [
    "dns.zoneId",
    "example.com",
    `dns.zoneId is "example.com"; must be Route 53's ID of a hosted zone, such as Z0123456789ABCDEFGHIJ`,
  ],
  [
    "dns",
    undefined,
    'dns is missing; must be there beside an exposure of kind "networkLoadBalancer"; its certificate is for that name',
  ],
  [
    "regions.b.routing.exposure.kind",
    "loadBalancer",
    'regions.b.routing.exposure.kind is "loadBalancer"; must be "networkLoadBalancer" where there is a dns; what DNS may answer must be known before anything is made',
  ],
  // images
  ["images.registry.region", "c", 'images.registry.region is "c"; must be a region on AWS: a or b'],
  ["images.registry.kind", "gcr", 'images.registry.kind is "gcr"; must be "ecr"'],
  ["regions.b", { ...b, cluster: undefined }, "regions.b.cluster is missing; must be an object with a kind"],
];
