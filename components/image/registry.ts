import * as pulumi from "@pulumi/pulumi";
import type { AwsGround } from "../core";
import { EcrRegistry } from "./ecr";
import type { RegistryCredentials } from "./go-image";

/** A registry on AWS, made with the stack: one in each region, so that no region needs another one to start a pod. */
export interface EcrConfig {
  readonly kind: "ecr";
  /** The region images are pushed to. Every other region gets copies. */
  readonly region: string;
}

/** Where images are kept: a registry and path that is there already, or one to be made. */
export type RegistryConfig = string | EcrConfig;

/** Where images are pushed to and pulled from. */
export interface Registry {
  /** Registry and path that an image is pushed to. */
  readonly repository: (role: string) => string;
  /** Who may push; undefined for those of the Docker configuration of whoever runs Pulumi. */
  readonly credentials: RegistryCredentials | undefined;
  /** A pushed image as a region pulls it. */
  readonly pulledIn: (region: string, ref: pulumi.Output<string>) => pulumi.Output<string>;
}

/** What a registry that is made needs to know. */
export interface RegistryArgs {
  /** First part of the names of what is made: the stack's own. */
  readonly path: string;
  /** What regions on AWS stand on, by name. */
  readonly grounds: Readonly<Record<string, AwsGround>>;
  /** Images that are pushed: each has a repository. */
  readonly roles: readonly string[];
}

/** The registry a description asks for. */
export function createRegistry(
  name: string,
  config: RegistryConfig,
  args: RegistryArgs,
  opts?: pulumi.ComponentResourceOptions,
): Registry {
  if (typeof config !== "string") return new EcrRegistry(name, { ...args, home: config.region }, opts);
  return {
    repository: (role) => `${config}/${role}`,
    credentials: undefined,
    pulledIn: (_, ref) => ref,
  };
}
