import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import { type Resource, toResource } from "./rule";

/** The stack itself declares nothing: what it promises is in its outputs. */
const stackType = "pulumi:pulumi:Stack";

/**
 * What the program declared in this run, by URN. Pulumi gives rules over the whole stack each resource's outputs, in which
 * controllers have their part: a number of pods that is the autoscaler's is no declaration, and no violation.
 */
export class Declarations {
  readonly #resources = new Map<string, Resource>();

  /** Remembers a resource as it was asked for. */
  declare(args: ResourceValidationArgs): Resource {
    const resource = toResource(args);
    this.#resources.set(args.urn, resource);
    return resource;
  }

  /** The resource as it was asked for in this run, or else as it is. */
  of(args: PolicyResource): Resource {
    const declared = args.type === stackType ? undefined : this.#resources.get(args.urn);
    return declared ?? toResource(args);
  }
}
