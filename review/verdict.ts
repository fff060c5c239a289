import { join } from "node:path";
import { known, type Manifest } from "../policies/manifest";
import { type Provider, type Resource, violations } from "../policies/rule";
import { rules } from "../policies/rules";
import { levelIn, readerIn, settingsOf } from "../policies/stack-settings";
import type { Registered, Run } from "./program";

// The one file of the review that knows the policy pack.

/** What the policy pack says of a run. */
export interface Verdict {
  /** How many rules were asked. */
  readonly rules: number;
  /** `rule: message` of every violation; those that only warn say so. */
  readonly violations: readonly string[];
}

/** Asks every rule of the pack about what a program declares, with this checkout's settings for the stack. */
export function judge(run: Run, stack: string): Verdict {
  const settings = settingsOf(join(process.cwd(), "policies/stacks"), stack);
  const resources = declaredIn(run, stack);
  const asked = rules.filter((rule) => levelIn(settings, rule) !== "disabled");
  const found = asked.flatMap((rule) => {
    const warns = levelIn(settings, rule) === "advisory" ? " (a warning)" : "";
    return violations(rule, resources, readerIn(settings, rule)).map(
      (message) => `${rule.name}: ${message}${warns}`,
    );
  });
  return { rules: asked.length, violations: found };
}

/** What rules see of a run: the stack with its outputs, and every resource with who makes it. */
function declaredIn({ resources, outputs }: Run, stack: string): Resource[] {
  const regions = new Map(
    resources.map(({ name, inputs }) => [name, inputs["region"] as string | undefined]),
  );
  const providerOf = ({ provider }: Registered): Provider | undefined =>
    provider === undefined ? undefined : { name: provider, region: regions.get(provider) };
  return [
    { type: "pulumi:pulumi:Stack", name: stack, props: known(outputs) as Manifest },
    ...resources.map((resource) => ({
      type: resource.type,
      name: resource.name,
      props: known(resource.inputs) as Manifest,
      provider: providerOf(resource),
    })),
  ];
}
