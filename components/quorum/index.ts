import type * as pulumi from "@pulumi/pulumi";
import { assertNever, type Path, type Problem } from "../core";
import {
  dynamodbLeaseSeconds,
  DynamodbQuorum,
  type DynamodbQuorumConfig,
  dynamodbQuorumProblems,
  type DynamodbQuorumTransform,
} from "./dynamodb";
import { EtcdQuorum, type EtcdQuorumConfig, etcdQuorumProblems, type EtcdQuorumTransform } from "./etcd";
import { type Quorum, type QuorumArgs, quorumTiming } from "./quorum";

export * from "./dynamodb";
export * from "./dynamodb-regions";
export * from "./etcd";
export * from "./quorum";

/** Every quorum there is, by `kind`. */
export type QuorumConfig = EtcdQuorumConfig | DynamodbQuorumConfig;

/** The escape hatch for each kind's children. */
export interface QuorumTransform {
  readonly etcd?: EtcdQuorumTransform | undefined;
  readonly dynamodb?: DynamodbQuorumTransform | undefined;
}

/** The quorum a description asks for. */
export function createQuorum(
  name: string,
  config: QuorumConfig,
  args: QuorumArgs & { readonly transform?: QuorumTransform | undefined },
  opts?: pulumi.ComponentResourceOptions,
): Quorum {
  switch (config.kind) {
    case "etcd":
      return new EtcdQuorum(name, { ...args, quorum: config, transform: args.transform?.etcd }, opts);
    case "dynamodb":
      return new DynamodbQuorum(name, { ...args, quorum: config, transform: args.transform?.dynamodb }, opts);
    default:
      return assertNever(config, ["quorum", "kind"]);
  }
}

/** What is wrong with a quorum beyond the range of each number. */
export function quorumProblems(config: QuorumConfig, path: Path): Problem[] {
  switch (config.kind) {
    case "etcd":
      return etcdQuorumProblems(config, path);
    case "dynamodb":
      return dynamodbQuorumProblems(config, path);
    default:
      return assertNever(config, [...path, "kind"]);
  }
}

/** Whether voters run in pods: they then need an image, and the witness a cluster. */
export function quorumRunsInPods({ kind }: Pick<QuorumConfig, "kind">): boolean {
  switch (kind) {
    case "etcd":
      return true;
    case "dynamodb":
      return false;
    default:
      return assertNever(kind, ["quorum", "kind"]);
  }
}

/** The lease of a description, where nobody said otherwise that of its kind. */
export function leaseSecondsOf(config: QuorumConfig): number {
  switch (config.kind) {
    case "etcd":
      return quorumTiming(config).leaseSeconds;
    case "dynamodb":
      return dynamodbLeaseSeconds(config);
    default:
      return assertNever(config, ["quorum", "kind"]);
  }
}
