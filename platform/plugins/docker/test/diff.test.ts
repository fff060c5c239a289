import fc from "fast-check";
import { diffInputs } from "../src/diff";
import type { Properties } from "../../support/properties";

const inputs: Properties = {
  imageName: "registry.example/web:1",
  build: { context: "app", contextDigest: "1", args: { A: "1" } },
  registry: { server: "registry.example", username: "u", password: "p" },
  skipPush: false,
};

test.each<[string, Properties, Record<string, string>]>([
  ["nothing", {}, {}],
  ["the source", { build: { context: "app", contextDigest: "2", args: { A: "1" } } }, { build: "update" }],
  ["an argument", { build: { context: "app", contextDigest: "1", args: { A: "2" } } }, { build: "update" }],
  ["the name", { imageName: "registry.example/web:2" }, { imageName: "update" }],
  ["the password", { registry: { server: "registry.example", username: "u", password: "q" } }, {}],
  [
    "the server",
    { registry: { server: "other.example", username: "u", password: "p" } },
    { registry: "update" },
  ],
  ["the server, no longer said", { registry: { username: "u", password: "p" } }, {}],
  ["an added input", { buildOnPreview: true }, { buildOnPreview: "add" }],
])("%s changed", (_, change, expected) => {
  expect(Object.fromEntries(diffInputs(inputs, { ...inputs, ...change }))).toEqual(expected);
});

test("an input left out is deleted", () => {
  const { registry, ...rest } = inputs;
  expect(registry).toBeDefined();
  expect(Object.fromEntries(diffInputs(inputs, rest))).toEqual({ registry: "delete" });
});

test("a state without recorded inputs is built", () => {
  expect([...diffInputs({}, inputs).values()]).toEqual(["add", "add", "add", "add"]);
});

test("equal inputs never differ, whatever the order of their names", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
      const reversed = Object.fromEntries(Object.entries(values).reverse());
      expect(diffInputs(values as Properties, reversed as Properties).size).toBe(0);
    }),
  );
});
