import { type Policies, PolicyPack, type ReportViolation } from "@pulumi/policy";
import type { ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";
import { type Rule, toResource, toResources } from "./rule";
import { rules } from "./rules";

function toPolicy(rule: Rule): Policies[number] {
  const { name, description } = rule;
  const tell = (problems: readonly string[], report: ReportViolation): void => {
    for (const problem of problems) report(problem);
  };
  return rule.kind === "resource"
    ? {
        name,
        description,
        validateResource: (args: ResourceValidationArgs, report: ReportViolation) => {
          tell(rule.check(toResource(args)), report);
        },
      }
    : {
        name,
        description,
        validateStack: (args: StackValidationArgs, report: ReportViolation) => {
          tell(rule.check(toResources(args)), report);
        },
      };
}

new PolicyPack("twinstack", { enforcementLevel: "mandatory", policies: rules.map(toPolicy) });
