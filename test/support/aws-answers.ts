/** What AWS makes up, by the last part of a type, besides the ARN of everything. */
const made: Readonly<Record<string, readonly string[]>> = {
  "aws:rds/cluster:Cluster": ["endpoint", "readerEndpoint"],
};

/** The state of a resource of AWS: what was asked for, and what AWS makes up where the program looks at it. */
export const awsState = (
  type: string,
  name: string,
  inputs: Record<string, unknown>,
): Record<string, unknown> => ({
  ...Object.fromEntries(["arn", ...(made[type] ?? [])].map((key) => [key, `${key} of ${name}`])),
  ...inputs,
});
