import {
  assertNever,
  refuse,
  sentence,
  show,
  showPath,
  under,
  ValidationError,
} from "../../../components/core";

test.each([
  [undefined, "missing"],
  [null, "empty"],
  [3, "3"],
  [false, "false"],
  ["", '""'],
  ["a\nb", '"a\\nb"'],
  [["x"], "a list"],
  [{ password: "hunter2" }, "an object"],
  ["redis://me:hunter2@cache:6379", '"redis://***@cache:6379"'],
  [`web:1@sha256:0a`, '"web:1@sha256:0a"'],
  ["x".repeat(81), `"${"x".repeat(80)}..."`],
])("%j is shown as %s", (value, shown) => {
  expect(show(value)).toBe(shown);
});

test.each([
  [[], "it"],
  [["regions", "a", "weight"], "regions.a.weight"],
  [["regions", "eu.west", "weight"], 'regions["eu.west"].weight'],
  [["list", 2, "name"], "list[2].name"],
])("the path %j is shown as %s", (path, shown) => {
  expect(showPath(path)).toBe(shown);
});

const problem = { path: ["weight"], found: "120", allowed: "an integer from 0 to 100" };

test("a sentence says path, value and what is allowed, and how to fix it where that is not enough", () => {
  expect(sentence(problem)).toBe("weight is 120; must be an integer from 0 to 100");
  expect(sentence({ ...problem, fix: "lower it" })).toMatch(/; must be an integer from 0 to 100; lower it$/);
});

test("problems keep their place when seen from further out", () => {
  expect(under(["regions", "a"], [problem]).map(sentence)).toEqual([
    "regions.a.weight is 120; must be an integer from 0 to 100",
  ]);
});

test("one error tells all problems, without a stack trace in Pulumi", () => {
  const error = new ValidationError("web", [problem, { ...problem, path: ["other"] }], "Do this.");
  expect(error.message).toBe(
    "web has 2 problems:\n" +
      "  weight is 120; must be an integer from 0 to 100\n" +
      "  other is 120; must be an integer from 0 to 100\n" +
      "Do this.",
  );
  expect(error).toMatchObject({ __pulumiRunError: true });
});

test("nothing wrong, nothing refused", () => {
  expect(() => {
    refuse("web", []);
  }).not.toThrow();
  expect(() => {
    refuse("web", [problem]);
  }).toThrow("web has 1 problem:\n  weight is 120; must be an integer from 0 to 100");
});

test("a choice outside the types is refused by name", () => {
  expect(() => assertNever("istio" as never, ["routing", "kind"])).toThrow(
    'routing.kind is "istio"; must be one of the kinds this version knows',
  );
});
