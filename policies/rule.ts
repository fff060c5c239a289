import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import { type Field, known, type Manifest } from "./manifest";
import type { Read, Setting } from "./setting";

/** Who makes a resource. */
export interface Provider {
  /** Pulumi's logical name; it begins with `default` where the program names no provider. */
  readonly name: string;
  /** The region of AWS it works in. */
  readonly region?: Field<string>;
}

/** A resource as a rule sees it: plain values, `notYetKnown` where preview can't tell yet. */
export interface Resource {
  /** Pulumi's type token, such as `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  /** Pulumi's logical name. */
  readonly name: string;
  /** What the program declares, without Pulumi's proxies. */
  readonly props: Manifest;
  /** Who makes it; undefined for a component. */
  readonly provider?: Provider | undefined;
}

/** What happens on a violation: the update is refused, a warning is printed, or the rule is not asked. */
export type Level = "mandatory" | "advisory" | "disabled";

interface Described {
  /** Kebab-case name, as in the pack's configuration. */
  readonly name: string;
  /** What must hold, in one sentence. */
  readonly description: string;
  /** Why, in one or two sentences: what goes wrong otherwise. */
  readonly why: string;
  /**
   * How much it weighs where a stack's configuration does not say.
   * @default "mandatory"
   */
  readonly level?: Level;
  /**
   * What a stack's configuration may change.
   * @default nothing
   */
  readonly settings?: readonly Setting[];
}

/** A rule over one resource at a time. */
export interface ResourceRule extends Described {
  readonly kind: "resource";
  /** One message per violation: value found, what is allowed, how to fix it. */
  readonly check: (resource: Resource, read: Read) => readonly string[];
}

/** A rule over all resources of the stack, for promises that span several of them. */
export interface StackRule extends Described {
  readonly kind: "stack";
  /** One message per violation, naming the resource it is about. */
  readonly check: (resources: readonly Resource[], read: Read) => readonly string[];
}

/** What a rule file exports. */
export type Rule = ResourceRule | StackRule;

/** What a rule finds in the resources of a stack. */
export const violations = (rule: Rule, resources: readonly Resource[], read: Read): readonly string[] =>
  rule.kind === "stack"
    ? rule.check(resources, read)
    : resources.flatMap((resource) => rule.check(resource, read));

/**
 * Takes Pulumi's proxies off, so that a rule is a pure function of plain values. Only once a rule looks at them: most
 * rules want one type of resource, and copying all of them for every rule would be most of a preview's time.
 */
export function toResource(args: ResourceValidationArgs | PolicyResource): Resource {
  let props: Manifest | undefined;
  let provider: Provider | undefined;
  return {
    type: args.type,
    name: args.name,
    get props() {
      return (props ??= known(args.props) as Manifest);
    },
    get provider() {
      return (provider ??= toProvider(args));
    },
  };
}

const toProvider = ({ provider }: ResourceValidationArgs | PolicyResource): Provider | undefined =>
  provider && {
    name: provider.name,
    region: (known(provider.props) as { region?: Field<string> }).region,
  };
