import type { PolicyResource, ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";
import { known, type Manifest } from "./manifest";

/** A resource as a rule sees it: plain values, `notYetKnown` where preview can't tell yet. */
export interface Resource {
  /** Pulumi's type token, such as `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  /** Pulumi's logical name. */
  readonly name: string;
  /** Inputs (resource rules) or outputs (stack rules) without Pulumi's proxies. */
  readonly props: Manifest;
}

/** A rule over one resource at a time. */
export interface ResourceRule {
  readonly kind: "resource";
  /** Kebab-case name, as in the pack's configuration. */
  readonly name: string;
  /** What must hold and why, in one sentence. */
  readonly description: string;
  /** One message per violation: value found, what is allowed, how to fix it. */
  readonly check: (resource: Resource) => readonly string[];
}

/** A rule over all resources of the stack, for promises that span several of them. */
export interface StackRule {
  readonly kind: "stack";
  /** Kebab-case name, as in the pack's configuration. */
  readonly name: string;
  /** What must hold and why, in one sentence. */
  readonly description: string;
  /** One message per violation, naming the resource it is about. */
  readonly check: (resources: readonly Resource[]) => readonly string[];
}

/** What a rule file exports. */
export type Rule = ResourceRule | StackRule;

/** Takes Pulumi's proxies off, so that a rule is a pure function of plain values. */
export function toResource(args: ResourceValidationArgs | PolicyResource): Resource {
  return { type: args.type, name: args.name, props: known(args.props) as Manifest };
}

/** The resources a stack rule is given. */
export function toResources(args: StackValidationArgs): Resource[] {
  return args.resources.map(toResource);
}
