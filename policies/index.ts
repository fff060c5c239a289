import { type Policies, PolicyPack, type PolicyConfigSchema, type ReportViolation } from "@pulumi/policy";
import type { ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";
import { Declarations } from "./declarations";
import type { Rule } from "./rule";
import { rules } from "./rules";
import { reader, type Setting } from "./setting";

const schemaOf = (settings: readonly Setting[]): PolicyConfigSchema => ({
  properties: Object.fromEntries(
    settings.map(({ name, description, default: usual, schema }) => [
      name,
      { ...schema, description, default: usual },
    ]),
  ),
});

const declarations = new Declarations();

function toPolicy(rule: Rule): Policies[number] {
  const { name, description, why, level = "mandatory", settings } = rule;
  const common = {
    name,
    description: `${description} ${why}`,
    enforcementLevel: level,
    ...(settings === undefined ? {} : { configSchema: schemaOf(settings) }),
  };
  const tell = (problems: readonly string[], report: ReportViolation): void => {
    for (const problem of problems) report(problem);
  };
  return rule.kind === "resource"
    ? {
        ...common,
        validateResource: (args: ResourceValidationArgs, report: ReportViolation) => {
          tell(rule.check(declarations.declare(args), reader(args.getConfig())), report);
        },
      }
    : {
        ...common,
        validateStack: (args: StackValidationArgs, report: ReportViolation) => {
          const resources = args.resources.map((each) => declarations.of(each));
          tell(rule.check(resources, reader(args.getConfig())), report);
        },
      };
}

new PolicyPack("twinstack", { enforcementLevel: "mandatory", policies: rules.map(toPolicy) });
