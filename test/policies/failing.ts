import { type Resource, type Rule, violations as violationsOf } from "../../policies/rule";
import { rules } from "../../policies/rules";
import { reader } from "../../policies/setting";
import type { GoodName } from "./fixture";

/** A rule, the field of a good stack that is broken, the value it gets, what the rule must say, and its settings. */
export type Failing = readonly [
  rule: string,
  resource: GoodName,
  path: string,
  value: unknown,
  says: RegExp,
  settings?: Readonly<Record<string, unknown>>,
];

/** What a rule finds in a stack. */
export const violations = (
  rule: Rule,
  stack: readonly Resource[],
  settings: Readonly<Record<string, unknown>> = {},
): readonly string[] => violationsOf(rule, stack, reader(settings));

/** The rule of a name. */
export function ruleNamed(name: string): Rule {
  const rule = rules.find((candidate) => candidate.name === name);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  return rule;
}
