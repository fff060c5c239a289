import { elements, input, textOf } from "../inputs";
import { grants, invitations, type Statement } from "../policy-documents";
import type { Resource, ResourceRule } from "../rule";
import { texts } from "../setting";

const allowed = texts("allowed", "actions with a * that may be granted", []);

/** Policies that AWS keeps and that grant whole services. */
const broad = /\/(AdministratorAccess|PowerUserAccess|IAMFullAccess|\w+FullAccess)$/;

/** An account's own root with a key: AWS' default, without which nobody could ever administer the key again. */
const isRootOfKey = ({ type }: Resource, { principals }: Statement): boolean =>
  type.startsWith("aws:kms/") && principals.length > 0 && principals.every((each) => each.endsWith(":root"));

const attached = (resource: Resource): string[] =>
  [input(resource, "policyArn"), ...elements(input(resource, "managedPolicyArns"))]
    .map(textOf)
    .filter((arn) => arn !== undefined && broad.test(arn))
    .map(
      (arn) =>
        `${resource.name} attaches ${arn ?? ""}, which grants every action; write a policy of the actions needed`,
    );

export const noWildcardIamActions: ResourceRule = {
  kind: "resource",
  name: "no-wildcard-iam-actions",
  description: "IAM policies name every action they grant.",
  why: "A * grants what nobody thought of, and whatever AWS adds to the service later.",
  settings: [allowed],
  check: (resource, read) => {
    // Who may pass through an endpoint is for its principals to say: the rights are those of the roles.
    const invited = resource.type === "aws:ec2/vpcEndpoint:VpcEndpoint" ? [] : invitations(resource);
    const statements = [...grants(resource), ...invited].filter(
      (statement) => !isRootOfKey(resource, statement),
    );
    const wide = statements.flatMap(({ label, actions, negations }) => [
      ...actions
        .filter((action) => action.includes("*") && !read(allowed).includes(action))
        .map((action) => ({ label, action })),
      ...negations.filter((name) => name === "NotAction").map((action) => ({ label, action })),
    ]);
    return [
      ...wide.map(
        ({ label, action }) =>
          `${resource.name}: ${label} allows ${action}; must name each action that is needed`,
      ),
      ...(resource.type.startsWith("aws:iam/") ? attached(resource) : []),
    ];
  },
};
