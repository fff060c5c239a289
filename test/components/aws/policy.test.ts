import { keyPolicy, logsMayUse, managedPolicy, policyText, serviceTrust } from "../../../components/aws";

const parsed = (text: string) =>
  JSON.parse(text) as { Version: string; Statement: Record<string, unknown>[] };

test("a policy is a text that is known before anything exists", () => {
  const statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::shop" } as const;
  expect(policyText([statement])).toBe(
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::shop"}]}',
  );
});

test("a service takes a role only as the condition says", () => {
  const condition = { StringEquals: { "aws:SourceAccount": "111122223333" } };
  expect(parsed(serviceTrust("vpc-flow-logs.amazonaws.com", condition)).Statement).toEqual([
    {
      Effect: "Allow",
      Principal: { Service: "vpc-flow-logs.amazonaws.com" },
      Action: ["sts:AssumeRole"],
      Condition: condition,
    },
  ]);
});

test("a key is its account's, and CloudWatch's only for this account's logs of this region", () => {
  const { Statement } = parsed(keyPolicy("111122223333", [logsMayUse("eu-west-1", "111122223333")]));
  expect(Statement.map(({ Principal }) => Principal)).toEqual([
    { AWS: "arn:aws:iam::111122223333:root" },
    { Service: "logs.eu-west-1.amazonaws.com" },
  ]);
  expect(JSON.stringify(Statement[1])).toContain("arn:aws:logs:eu-west-1:111122223333:log-group:*");
  expect(JSON.stringify(Statement.map(({ Action }) => Action))).not.toContain("*");
});

test("AWS' own policies have a name", () => {
  expect(managedPolicy("AmazonEKSClusterPolicy")).toBe("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy");
});
