import { known, type Manifest } from "../policies/manifest";
import type { Resource } from "../policies/rule";
import { rules } from "../policies/rules";
import type { Run } from "./program";

// The one file of the review that knows the policy pack.

/** What the policy pack says of a run. */
export interface Verdict {
  /** How many rules were asked. */
  readonly rules: number;
  /** `rule: message` of every violation. */
  readonly violations: readonly string[];
}

/** Asks every rule of the pack about what a program declares. */
export function judge(run: Run): Verdict {
  const resources = run.resources.map(({ type, name, inputs }): Resource => ({
    type,
    name,
    props: known(inputs) as Manifest,
  }));
  const violations = rules.flatMap((rule) => {
    const found =
      rule.kind === "stack" ? rule.check(resources) : resources.flatMap((each) => rule.check(each));
    return found.map((message) => `${rule.name}: ${message}`);
  });
  return { rules: rules.length, violations };
}
