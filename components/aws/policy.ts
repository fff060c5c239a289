/** One sentence of a policy. It names its actions one by one: a wildcard would allow what AWS adds later. */
export interface Statement {
  readonly Effect: "Allow" | "Deny";
  /** Whom it is about; only where the policy hangs on a resource or a role. */
  readonly Principal?: Readonly<Record<string, string>>;
  readonly Action: string | readonly string[];
  /** ARNs; none where the policy says who may take a role. */
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A policy's text. Made of plain values, so that a preview shows it and rules can judge it before anything exists. */
export const policyText = (statements: readonly Statement[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

/** Lets a service of AWS take a role of ours; `condition` keeps it from doing so for somebody else's account. */
export const serviceTrust = (
  service: string,
  condition?: Statement["Condition"],
  actions: readonly string[] = ["sts:AssumeRole"],
): string =>
  policyText([
    {
      Effect: "Allow",
      Principal: { Service: service },
      Action: actions,
      ...(condition === undefined ? {} : { Condition: condition }),
    },
  ]);

/** The ARN of one of AWS' own policies. */
export const managedPolicy = (name: string): string => `arn:aws:iam::aws:policy/${name}`;

/** What an account's administrators may do with a key; IAM then says who of them. */
const keyActions = [
  "kms:CancelKeyDeletion",
  "kms:CreateGrant",
  "kms:Decrypt",
  "kms:DescribeKey",
  "kms:DisableKey",
  "kms:EnableKey",
  "kms:EnableKeyRotation",
  "kms:Encrypt",
  "kms:GenerateDataKey",
  "kms:GenerateDataKeyWithoutPlaintext",
  "kms:GetKeyPolicy",
  "kms:GetKeyRotationStatus",
  "kms:ListGrants",
  "kms:ListKeyPolicies",
  "kms:ListResourceTags",
  "kms:PutKeyPolicy",
  "kms:ReEncryptFrom",
  "kms:ReEncryptTo",
  "kms:RetireGrant",
  "kms:RevokeGrant",
  "kms:ScheduleKeyDeletion",
  "kms:TagResource",
  "kms:UntagResource",
  "kms:UpdateKeyDescription",
] as const;

/** The policy of a key: its account's, and whoever else is named. `*` in a key's own policy is that key. */
export const keyPolicy = (accountId: string, others: readonly Statement[] = []): string =>
  policyText([
    {
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${accountId}:root` },
      Action: keyActions,
      Resource: "*",
    },
    ...others,
  ]);

/** Lets CloudWatch write a region's log groups with a key, and nobody else's. */
export const logsMayUse = (region: string, accountId: string): Statement => ({
  Effect: "Allow",
  Principal: { Service: `logs.${region}.amazonaws.com` },
  Action: [
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
  ],
  Resource: "*",
  Condition: {
    ArnLike: { "kms:EncryptionContext:aws:logs:arn": `arn:aws:logs:${region}:${accountId}:log-group:*` },
  },
});
