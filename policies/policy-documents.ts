import { elements, input } from "./inputs";
import { type Field, notYetKnown } from "./manifest";
import type { Resource } from "./rule";

/** A statement of an IAM policy, with lists where the document may have one value. */
export interface Statement {
  /** How a message names it: its `Sid`, or its place in the document. */
  readonly label: string;
  readonly allows: boolean;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** `*`, account ARNs, services, of every kind of principal. */
  readonly principals: readonly string[];
  /** Says what is left out rather than what is meant: `NotAction`, `NotResource` or `NotPrincipal`. */
  readonly negations: readonly string[];
  readonly hasCondition: boolean;
}

/** Where rights are granted to whoever has the role. */
const identityPolicies: Readonly<Record<string, string>> = {
  "aws:iam/groupPolicy:GroupPolicy": "policy",
  "aws:iam/policy:Policy": "policy",
  "aws:iam/rolePolicy:RolePolicy": "policy",
  "aws:iam/userPolicy:UserPolicy": "policy",
};

/** Where a resource says who may use it. */
const resourcePolicies: Readonly<Record<string, string>> = {
  "aws:dynamodb/resourcePolicy:ResourcePolicy": "policy",
  "aws:ec2/vpcEndpoint:VpcEndpoint": "policy",
  "aws:ecr/registryPolicy:RegistryPolicy": "policy",
  "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
  "aws:iam/role:Role": "assumeRolePolicy",
  "aws:kms/key:Key": "policy",
  "aws:kms/keyPolicy:KeyPolicy": "policy",
  "aws:kms/replicaKey:ReplicaKey": "policy",
  "aws:s3/bucketPolicy:BucketPolicy": "policy",
  "aws:sns/topic:Topic": "policy",
  "aws:sns/topicPolicy:TopicPolicy": "policy",
  "aws:sqs/queuePolicy:QueuePolicy": "policy",
};

const listOf = (found: unknown): readonly string[] =>
  (Array.isArray(found) ? (found as unknown[]) : [found]).filter((each) => typeof each === "string");

const principalsOf = (found: unknown): readonly string[] =>
  typeof found === "object" && found !== null ? Object.values(found).flatMap(listOf) : listOf(found);

function toStatement(found: unknown, place: number): Statement {
  const statement = (found ?? {}) as Readonly<Record<string, unknown>>;
  return {
    label: typeof statement["Sid"] === "string" ? `statement ${statement["Sid"]}` : `statement ${place + 1}`,
    allows: statement["Effect"] === "Allow",
    actions: listOf(statement["Action"]),
    resources: listOf(statement["Resource"]),
    principals: principalsOf(statement["Principal"]),
    negations: ["NotAction", "NotResource", "NotPrincipal"].filter((name) => name in statement),
    hasCondition: Object.keys((statement["Condition"] as object | undefined) ?? {}).length > 0,
  };
}

/** The statements of a document, as text or as an object; none where it is missing or not known yet. */
function statementsIn(document: Field<unknown>): Statement[] {
  if (document === undefined || document === notYetKnown || document === "") return [];
  const parsed: unknown = typeof document === "string" ? JSON.parse(document) : document;
  const found = (parsed as { Statement?: Field<unknown> }).Statement;
  const all = Array.isArray(found) ? elements(found) : [found];
  return all.filter((each) => typeof each === "object").map(toStatement);
}

const allowing = (resource: Resource, fields: Readonly<Record<string, string>>): Statement[] => {
  const field = fields[resource.type];
  return field === undefined ? [] : statementsIn(input(resource, field)).filter(({ allows }) => allows);
};

/** What an identity policy, or a role's inline ones, allow whoever has them. */
export const grants = (resource: Resource): Statement[] => [
  ...allowing(resource, identityPolicies),
  ...elements(resource.type === "aws:iam/role:Role" ? input(resource, "inlinePolicies") : undefined)
    .flatMap((inline) => statementsIn((inline as { policy?: Field<unknown> } | undefined)?.policy))
    .filter(({ allows }) => allows),
];

/** What a resource allows others to do with it. */
export const invitations = (resource: Resource): Statement[] => allowing(resource, resourcePolicies);
