import fc from "fast-check";
import {
  isName,
  nameProblems,
  namespaceOf,
  sentence,
  shortened,
  stackNameProblems,
} from "../../../components/core";

test.each(["a", "eu", "eu-west-1", "x".repeat(30)])("%s is a name", (name) => {
  expect(nameProblems(name, [])).toEqual([]);
});

test.each(["", "A", "1a", "-a", "a-", "a_b", "a.b", "x".repeat(31), "ä"])("%j is no name", (name) => {
  expect(nameProblems(name, ["regions", name])).toHaveLength(1);
});

test("every name is a DNS label, in any namespace's company", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/), (name) => {
      fc.pre(isName(name));
      expect(`web-${name}`).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    }),
  );
});

test("a stack's name becomes part of a namespace's", () => {
  expect(namespaceOf("twinstack", "local")).toBe("twinstack-local");
  expect(stackNameProblems("twinstack", "local")).toEqual([]);
  expect(stackNameProblems("twinstack", "x".repeat(53))).toEqual([]);
  expect(stackNameProblems("twinstack", "x".repeat(54)).map(sentence)).toEqual([
    `stack is named "${"x".repeat(54)}"; must be named with 1 to 53 lower-case letters, digits and inner hyphens; ` +
      "it is part of the namespace's name: rename it with `pulumi stack rename`",
  ]);
});

test("a name that is too long is cut, and stays another one than its neighbour", () => {
  expect(shortened("twinstack-production", 32)).toBe("twinstack-production");
  const [one, other] = ["a", "b"].map((end) => shortened(`twinstack-a-stack-with-a-long-name-${end}`, 32));
  expect(one).toMatch(/^twinstack-a-stack-with(-[a-z])?-[0-9a-f]{8}$/);
  expect(one).not.toBe(other);
  expect(one?.length).toBeLessThanOrEqual(32);
});
