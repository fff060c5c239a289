import { invitations } from "../policy-documents";
import type { ResourceRule } from "../rule";

export const noWildcardPrincipals: ResourceRule = {
  kind: "resource",
  name: "no-wildcard-principals",
  description: "Trust and resource policies name whom they let in, or say on which condition.",
  why: "Principal * is everybody with an AWS account, whatever it is.",
  check: (resource) =>
    invitations(resource)
      .filter(
        ({ principals, negations, hasCondition }) =>
          negations.includes("NotPrincipal") || (principals.includes("*") && !hasCondition),
      )
      .map(
        ({ label }) =>
          `${resource.name}: ${label} lets everybody in; must name accounts, roles or services, or have a Condition`,
      ),
};
