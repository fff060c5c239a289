import fc from "fast-check";

import { parseRuntimeOptions, splitArguments } from "../src/options";

test("defaults", () => {
  expect(parseRuntimeOptions({})).toEqual({
    typescript: true,
    tsconfig: undefined,
    nodeargs: [],
    production: false,
    packagemanager: "auto",
  });
});

test("every option", () => {
  expect(
    parseRuntimeOptions({
      typescript: false,
      tsconfig: "tsconfig.pulumi.json",
      nodeargs: "--max-old-space-size=512 --title 'a b'",
      production: true,
      packagemanager: "npm",
    }),
  ).toEqual({
    typescript: false,
    tsconfig: "tsconfig.pulumi.json",
    nodeargs: ["--max-old-space-size=512", "--title", "a b"],
    production: true,
    packagemanager: "npm",
  });
});

test("all that is wrong is told at once", () => {
  expect(() =>
    parseRuntimeOptions({
      typescript: "yes",
      tsconfig: 1,
      nodeargs: "--title 'a",
      production: 0,
      packagemanager: "deno",
    }),
  ).toThrow(
    [
      'runtime.options.typescript is "yes"; must be true or false',
      "runtime.options.tsconfig is 1; must be the path of a tsconfig file",
      'runtime.options.nodeargs is "--title \'a"; must be a string of arguments with closed quotes',
      "runtime.options.production is 0; must be true or false",
      'runtime.options.packagemanager is "deno"; must be one of auto, npm, yarn, pnpm, bun',
    ].join("\n"),
  );
});

test.each([
  ["", []],
  ["  ", []],
  ["a  b", ["a", "b"]],
  ["'a b' \"c d\"", ["a b", "c d"]],
  ["--x='a b'c", ["--x=a bc"]],
  ["''", [""]],
  ["a\\ b", ["a b"]],
  ['"a \\" b"', ['a " b']],
  ['"a \\n b"', ["a \\n b"]],
  ["'a \\ b'", ["a \\ b"]],
])("%j is split as a shell would", (line, words) => {
  expect(splitArguments(line)).toEqual(words);
});

test.each(["'", '"', 'a "b', "a\\"])("%j is left open", (line) => {
  expect(splitArguments(line)).toBeUndefined();
});

test("quoted words come back as they were", () => {
  const quote = (word: string): string => `'${word.replaceAll("'", `'"'"'`)}'`;
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      expect(splitArguments(words.map(quote).join(" "))).toEqual(words);
    }),
  );
});
