import * as dynamodb from "@pulumi/aws/dynamodb";
import * as pulumi from "@pulumi/pulumi";
import {
  arnOf,
  type AwsPeerSite,
  awsPeerSites,
  type Path,
  type Problem,
  refuse,
  show,
  type Transform,
  transformed,
} from "../core";
import type { Quorum, QuorumAccess, QuorumArgs } from "./quorum";
import { placeProblems, type RegionOfSite } from "./dynamodb-regions";

/** A DynamoDB table as the quorum: a copy in each region, and a witness that only agrees. */
export interface DynamodbQuorumConfig {
  readonly kind: "dynamodb";
  /**
   * Who does not renew for this long is no longer in service: a short lease moves sooner, a long one rides out more.
   * @default 10
   */
  readonly leaseSeconds?: number | undefined;
  /** The third one to agree. It is AWS' own and runs nothing of the stack's. */
  readonly witness: {
    readonly name: string;
    /** AWS' name of its region: none of the sites'. Replaces the table. */
    readonly region: string;
  };
  /**
   * Nobody can delete the table, not even `pulumi destroy`: without it every region is out of service.
   * @default true
   */
  readonly deletionProtection?: boolean | undefined;
}

/** {@link DynamodbQuorumConfig} and what the topology adds. */
export interface DynamodbQuorumArgs extends QuorumArgs {
  readonly quorum: DynamodbQuorumConfig;
  /**
   * The last word on a child's arguments.
   * @default nothing is changed
   */
  readonly transform?: DynamodbQuorumTransform | undefined;
}

/** The escape hatch for each child of a {@link DynamodbQuorum}. */
export interface DynamodbQuorumTransform {
  readonly table?: Transform<dynamodb.TableArgs> | undefined;
}

/** The key of the one item that holds everything a stack's stewards agree on. */
export const quorumKey = "stack";

const defaultLeaseSeconds = 10;

/** The lease, where nobody said otherwise. */
export const dynamodbLeaseSeconds = ({ leaseSeconds = defaultLeaseSeconds }: DynamodbQuorumConfig): number =>
  leaseSeconds;

/**
 * The longest that one conditional write is waited for. It is answered once another region has it: a round trip and a
 * half in good times, one more for each write of another region that it met.
 */
const writeSeconds = 1;

/** A lease is renewed every fifth of it, by one such write: each must have its time before the next one is due. */
const leastLeaseSeconds = 5 * writeSeconds;

/** What is wrong with a table as the quorum, wherever its copies are. */
export function dynamodbQuorumProblems(config: DynamodbQuorumConfig, path: Path): Problem[] {
  const leaseSeconds = dynamodbLeaseSeconds(config);
  if (leaseSeconds >= leastLeaseSeconds) return [];
  return [
    {
      path: [...path, "leaseSeconds"],
      found: show(leaseSeconds),
      allowed: `at least ${leastLeaseSeconds}`,
      fix: `it is renewed every fifth of it, and a write that two regions agree on may take ${writeSeconds} s`,
    },
  ];
}

/**
 * One table over two regions and a witness with strong consistency: a write is answered once two of the three have it, a
 * read gives the last one, in any region. Without a majority neither is answered.
 */
export class DynamodbQuorum extends pulumi.ComponentResource implements Quorum {
  readonly access: QuorumAccess;
  readonly leaseSeconds: number;

  constructor(name: string, args: DynamodbQuorumArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:quorum:DynamodbQuorum", name, {}, opts);
    const { quorum, transform } = args;
    const sites = Object.entries(awsPeerSites(args.sites, name));
    refuse(name, [
      ...dynamodbQuorumProblems(quorum, ["quorum"]),
      ...placeProblems(sites.map(regionOfSite), quorum.witness.region, ["quorum"]),
    ]);
    // Checked above: there are two.
    const [[, home], [, other]] = sites as [[string, AwsPeerSite], [string, AwsPeerSite]];

    const table = tableName(home);
    new dynamodb.Table(`${name}-table`, transformed(tableArgs(home, other, quorum), transform?.table), {
      parent: this,
      provider: home.aws.provider,
      protect: quorum.deletionProtection ?? true,
    });

    this.access = {
      kind: "table",
      table,
      replicas: Object.fromEntries(sites.map(([site, of]) => [site, replicaOf(of, table)])),
    };
    this.leaseSeconds = dynamodbLeaseSeconds(quorum);
    this.registerOutputs({ access: this.access, leaseSeconds: this.leaseSeconds });
  }
}

const regionOfSite = ([name, { aws }]: [string, AwsPeerSite]): RegionOfSite => ({
  name,
  region: aws.region,
  path: ["regions", name, "cluster", "region"],
});

const tableName = ({ place }: AwsPeerSite): string => `${place.namespaceName}-quorum`;

const replicaOf = ({ aws }: AwsPeerSite, table: string) => ({
  region: aws.region,
  arn: arnOf(aws, "dynamodb", `table/${table}`),
});

function tableArgs(
  home: AwsPeerSite,
  other: AwsPeerSite,
  { witness, deletionProtection = true }: DynamodbQuorumConfig,
): dynamodb.TableArgs {
  return {
    name: tableName(home),
    hashKey: quorumKey,
    attributes: [{ name: quorumKey, type: "S" }],
    // A few writes a second, for ever: nothing to plan, and nothing to run out of.
    billingMode: "PAY_PER_REQUEST",
    // AWS' own key: the table holds names and times, and whoever disabled a key of ours would stop every region.
    serverSideEncryption: { enabled: true },
    pointInTimeRecovery: { enabled: true },
    deletionProtectionEnabled: deletionProtection,
    // As AWS' provider asks for it of a table with replicas; nobody reads the stream.
    streamEnabled: true,
    streamViewType: "NEW_AND_OLD_IMAGES",
    replicas: [
      {
        regionName: other.aws.region,
        consistencyMode: "STRONG",
        deletionProtectionEnabled: deletionProtection,
        pointInTimeRecovery: true,
        propagateTags: true,
      },
    ],
    globalTableWitness: { regionName: witness.region },
    tags: { ...home.place.labels },
  };
}
