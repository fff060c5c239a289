import { lineChanges } from "../../review/lines";
import { siteOf, sitesOf } from "../../review/sites";
import { code, masking, shown } from "../../review/text";
import { fieldChanges, showPath, stable } from "../../review/values";

test("named things in a list are compared by name", () => {
  const before = {
    env: [
      { name: "A", value: "1" },
      { name: "B", value: "2" },
    ],
  };
  const after = {
    env: [
      { name: "NEW", value: "0" },
      { name: "A", value: "1" },
      { name: "B", value: "3" },
    ],
  };
  expect(fieldChanges(before, after).map(({ path }) => showPath(path))).toEqual(["env[B].value", "env[NEW]"]);
});

test("another order of the same things is a change", () => {
  const [one, other] = [{ name: "one" }, { name: "other" }];
  expect(fieldChanges([one, other], [other, one], ["list"])).toEqual([
    { path: ["list"], before: ["[one]", "[other]"], after: ["[other]", "[one]"] },
  ]);
});

test("other lists are compared by position, and maps whatever the order of their keys", () => {
  expect(fieldChanges({ a: ["x", "y"], b: 1 }, { b: 1, a: ["x", "z", "y"] })).toEqual([
    { path: ["a", 1], before: "y", after: "z" },
    { path: ["a", 2], before: undefined, after: "y" },
  ]);
  expect(stable({ b: { d: 1, c: [] }, a: undefined })).toBe(stable({ a: undefined, b: { c: [], d: 1 } }));
});

test("paths read as Pulumi writes them", () => {
  expect(showPath(["metadata", "labels", "twinstack.dev/region"])).toBe(
    'metadata.labels["twinstack.dev/region"]',
  );
  expect(showPath(["spec", "ports", 0, "port"])).toBe("spec.ports[0].port");
});

test("texts differ by their lines", () => {
  expect(lineChanges("a\nb\nc", "a\nx\nc\nd")).toEqual(["- b", "+ x", "+ d"]);
  expect(lineChanges("a\nb", "b")).toEqual(["- a"]);
  expect(lineChanges("same", "same")).toEqual([]);
});

test("values are shown on one line, whatever is in them", () => {
  expect(code("a\n  b")).toBe("`a b`");
  expect(code("`")).toBe("`` ` ``");
  expect(shown(undefined)).toBe("nothing");
  expect(shown({ b: 1, a: ["x"] })).toBe('`{"a":["x"],"b":1}`');
  expect(shown("x".repeat(500)).length).toBeLessThan(130);
});

test("keys that hold a secret are masked, and names of keys are not", () => {
  expect(masking({ password: "p", secretName: "s", automountServiceAccountToken: true })).toEqual({
    automountServiceAccountToken: true,
    password: "[secret]",
    secretName: "s",
  });
});

test("a resource is in the site that its name says first", () => {
  const sites = sitesOf({ regions: { a: {}, b: {}, "b-west": {} }, quorum: { witness: { name: "w" } } });
  expect(sites).toEqual(["a", "b", "b-west", "w"]);
  expect(siteOf("twinstack-b-web-a-deployment", sites)).toBe("b");
  expect(siteOf("twinstack-b-west-router", sites)).toBe("b-west");
  expect(siteOf("twinstack-peers-quorum-w", sites)).toBe("w");
  expect(siteOf("twinstack-web-image", sites)).toBeUndefined();
});
