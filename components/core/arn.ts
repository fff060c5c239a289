import type { AwsSite } from "./aws-site";

/** Where a resource of AWS is: its account and its region. */
export type AwsPlace = Pick<AwsSite, "accountId" | "region">;

/** The whole name of a resource of AWS, known before it exists: rights are given on it and on nothing else. */
export const arnOf = ({ accountId, region }: AwsPlace, service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${accountId}:${resource}`;

/** The same of what belongs to an account and to no region. */
export const globalArnOf = (
  { accountId }: Pick<AwsPlace, "accountId">,
  service: string,
  resource: string,
): string => `arn:aws:${service}::${accountId}:${resource}`;
