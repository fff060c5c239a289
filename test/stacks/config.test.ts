import { parseConfig, type RawConfig } from "../../stacks/config";
import { changed, descriptionOf } from "../support/description";
import { runStack } from "../support/local";
import { aws, wrongOnAws } from "./wrong-aws-descriptions";
import { alone, peers, wrongDescriptions, wrongPeers } from "./wrong-descriptions";

const local = descriptionOf("local");
const a = local.regions["a"] as object;

const raw = (description: unknown, over: Partial<RawConfig> = {}): RawConfig => ({
  project: "twinstack",
  stack: "local",
  text: JSON.stringify(description),
  isSecret: false,
  ...over,
});

/** What parsing says is wrong. */
function messageOf(config: RawConfig): string {
  try {
    parseConfig(config);
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  return "";
}

/** The sentences of the message, without its first and last line. */
const problems = (config: RawConfig): string[] =>
  messageOf(config)
    .split("\n")
    .slice(1, -1)
    .map((line) => line.trim());

test.each([
  ["local", local],
  ["one region of it", alone],
  ["staging", descriptionOf("staging")],
  ["production", aws],
])("the description of %s is right, and comes back as written", (_, description) => {
  expect(parseConfig(raw(description))).toEqual({ project: "twinstack", stack: "local", ...description });
});

describe("a wrong description is refused", () => {
  test.each(wrongDescriptions)("%s: %j", (path, value, ...sentences) => {
    expect(problems(raw(changed(alone, path, value)))).toEqual(sentences);
  });

  test.each(wrongOnAws)("on AWS, %s: %j", (path, value, ...sentences) => {
    expect(problems(raw(changed(aws, path, value)))).toEqual(sentences);
  });

  test.each(wrongPeers)("of peers, %s: %j", (path, value, ...sentences) => {
    expect(problems(raw(changed(peers, path, value)))).toEqual(sentences);
  });
});

test("there are at least twenty-five of them", () => {
  expect(wrongDescriptions.length + wrongPeers.length).toBeGreaterThanOrEqual(25);
});

test("all problems are told at once, with what to do", () => {
  const changes: [path: string, value: unknown][] = [
    ["images.nginx", ""],
    ["service.version", undefined],
    ["service.drainSeconds", 3],
    ["regions.a.routing.backends.canary.weight", 120],
    ["regions.b", { ...a, cache: { memoryMegabytes: 64 } }],
  ];
  const description = changes.reduce<object>((given, [path, value]) => changed(given, path, value), alone);
  expect(messageOf(raw(description))).toBe(
    `twinstack:topology of stack local has 7 problems:
  images.nginx is ""; must be an image name, such as nginx:1.30 or registry.example:5000/team/nginx:1.30
  service.version is missing; must be 1 to 128 letters, digits, dots, hyphens, underscores and plus signs, letter or digit first
  regions.a.routing.backends.canary.weight is 120; must be an integer from 0 to 100
  regions.b.cache.memoryMebibytes is missing; must be an integer from 16 to 65536
  regions.b.cache.memoryMegabytes is not a known key; must be memoryMebibytes; did you mean memoryMebibytes?
  regions.b.cluster.context is "twinstack-a"; must be a cluster of its own; region a has it too, and both would be in one namespace
  service.drainSeconds is 3; must be at least 5; the router needs up to 4 s to forget a pod: raise it, or leave it out for 5
Nothing was changed. Correct stacks/Pulumi.local.yaml, or use \`pulumi config set --path 'twinstack:topology.<path>' <value>\`.`,
  );
});

test("a run stands only in the stack of its name, since all of it is reaped one day", () => {
  const run = {
    id: "261129120030-k3f9",
    owner: "root.host",
    created: "20261129T120030Z",
    ttlSeconds: 7200,
  };
  const description = { ...local, run };
  expect(problems(raw(description, { stack: `test-${run.id}` }))).toEqual([]);
  expect(problems(raw(description))).toEqual([
    "run is there in stack local; must be there only in stack test-261129120030-k3f9; remove it: it marks what is reaped",
  ]);
});

const whole: [what: string, over: Partial<RawConfig>, sentence: string][] = [
  [
    "nobody wrote one",
    { text: undefined },
    "it is missing; must be an object with run, images, service, quorum, database, dns, regions, aws",
  ],
  [
    "text",
    { text: "hello" },
    'it is "hello"; must be an object with run, images, service, quorum, database, dns, regions, aws',
  ],
  [
    "a list",
    { text: "[]" },
    "it is a list; must be an object with run, images, service, quorum, database, dns, regions, aws",
  ],
  [
    "a secret",
    { isSecret: true, text: '{"images":"hunter2"}' },
    "it is marked as a secret; must be plain: it decides which resources there are, and holds no secret; " +
      "set it again with `pulumi config set --plaintext --path 'twinstack:topology...'`",
  ],
  [
    "a stack's name that no namespace may have",
    { stack: "My_Stack" },
    'stack is named "My_Stack"; must be named with 1 to 53 lower-case letters, digits and inner hyphens; ' +
      "it is part of the namespace's name: rename it with `pulumi stack rename`",
  ],
];

test.each(whole)("%s is refused", (_, over, sentence) => {
  expect(problems(raw(local, over))).toEqual([sentence]);
});

test("the program stops before it asks for anything, with a message and no stack trace", async () => {
  const wrong = changed(local, "regions.a.routing.algorithm", "random");
  const error: unknown = await runStack(wrong).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ __pulumiRunError: true, message: messageOf(raw(wrong)) });
});
