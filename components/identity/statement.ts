/** Something that may be done, and to what. Nothing is left open: neither names a wildcard. */
export interface Statement {
  /** What it is for, in letters and digits. */
  readonly name: string;
  /** Such as `dynamodb:GetItem`. */
  readonly actions: readonly string[];
  /** Whole names (ARNs) of resources. */
  readonly resources: readonly string[];
}

/** The policy's text: equal statements give equal texts. */
export const policyOf = (statements: readonly Statement[]): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map(({ name, actions, resources }) => ({
      Sid: name,
      Effect: "Allow",
      Action: [...actions],
      Resource: [...resources],
    })),
  });
