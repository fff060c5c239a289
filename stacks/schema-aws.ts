import { z } from "zod";
import { cidrProblems, vpcCidrProblems } from "../components";
import { list, object, ruledText, text, word } from "./shapes";

// Shapes of what a description says of AWS.

/** What everything on AWS is made in. */
export const account = object({
  accountId: text(/^[0-9]{12}$/, 'the 12 digits of an account, in quotes, such as "111122223333"'),
});

/** AWS' name of a region. */
export const awsRegion = text(/^[a-z]{2}(-[a-z]+)+-[1-9]$/, "AWS' name of a region, such as eu-central-1");

const role = text(
  /^arn:aws:iam::[0-9]{12}:role\/[\w+=,.@/-]+$/,
  "the ARN of a role, such as arn:aws:iam::111122223333:role/deployer",
);

const vpc = object({
  cidr: ruledText(vpcCidrProblems),
  natGateways: word("perZone", "one"),
  zones: list(text(/^[a-z]$/, "the letter of a zone, such as a"), 3, 3).optional(),
});

/** A cluster on AWS that is made with the stack. */
export const eks = object({
  kind: z.literal("eks"),
  region: awsRegion,
  version: text(/^1\.[1-9][0-9]$/, 'a version of Kubernetes in quotes, such as "1.34"'),
  vpc,
  serviceCidr: ruledText(cidrProblems).optional(),
  publicAccessCidrs: list(ruledText(cidrProblems), 0, 40).optional(),
  administrators: list(role, 1, 20),
  deletionProtection: z.boolean({ error: "true or false" }).optional(),
});
