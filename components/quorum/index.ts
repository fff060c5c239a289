import type * as pulumi from "@pulumi/pulumi";
import { assertNever, type Path, type Problem } from "../core";
import { EtcdQuorum, type EtcdQuorumConfig, etcdQuorumProblems, type EtcdQuorumTransform } from "./etcd";
import type { Quorum, QuorumArgs } from "./quorum";

export * from "./etcd";
export * from "./quorum";

/** Every quorum there is, by `kind`. */
export type QuorumConfig = EtcdQuorumConfig;

/** The escape hatch for each kind's children. */
export interface QuorumTransform {
  readonly etcd?: EtcdQuorumTransform | undefined;
}

/** The quorum a description asks for. */
export function createQuorum(
  name: string,
  config: QuorumConfig,
  args: QuorumArgs & { readonly transform?: QuorumTransform | undefined },
  opts?: pulumi.ComponentResourceOptions,
): Quorum {
  switch (config.kind) {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- one kind so far
    case "etcd":
      return new EtcdQuorum(name, { ...args, quorum: config, transform: args.transform?.etcd }, opts);
    default:
      return assertNever(config.kind, ["quorum", "kind"]);
  }
}

/** What is wrong with a quorum beyond the range of each number. */
export function quorumProblems(config: QuorumConfig, path: Path): Problem[] {
  switch (config.kind) {
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- one kind so far
    case "etcd":
      return etcdQuorumProblems(config, path);
    default:
      return assertNever(config.kind, [...path, "kind"]);
  }
}
