import { grants } from "../policy-documents";
import type { ResourceRule } from "../rule";
import { texts } from "../setting";

const unnarrowable = texts("unnarrowable", "actions that AWS knows no resource for", [
  "cloudwatch:PutMetricData",
  "ecr:GetAuthorizationToken",
  "logs:DescribeLogGroups",
]);

/** Whatever is of one kind: `table/*`, `cluster:*`. */
const anyOfItsKind = /^[\w-]+[:/]\*$/;

/** True for `*`, and for an ARN that leaves the service, the region, the account or the name open. */
function isWide(resource: string): boolean {
  const [, , service, region, account, ...rest] = resource.split(":");
  const name = rest.join(":");
  const places = [service, region, account].some((part) => part?.includes("*") === true);
  return resource === "*" || places || name === "*" || anyOfItsKind.test(name);
}

export const noWildcardIamResources: ResourceRule = {
  kind: "resource",
  name: "no-wildcard-iam-resources",
  description: "IAM policies grant their actions on resources named by service, region, account and name.",
  why: "Whoever takes over one pod must not reach what other stacks in the account own.",
  settings: [unnarrowable],
  check: (resource, read) =>
    grants(resource)
      .filter(({ actions }) => actions.some((action) => !read(unnarrowable).includes(action)))
      .flatMap(({ label, resources, negations }) => [
        ...resources.filter(isWide).map((wide) => ({ label, wide })),
        ...negations.filter((name) => name === "NotResource").map((wide) => ({ label, wide })),
      ])
      .map(
        ({ label, wide }) =>
          `${resource.name}: ${label} allows its actions on ${wide}; must be ARNs with region, account and name`,
      ),
};
