import fc from "fast-check";
import { fromStruct, toStruct, type Properties } from "../properties";
import { inClear, keepSecrets, masked, secret, secretTexts } from "../secrets";

const inputs: Properties = {
  imageName: "registry.example/web",
  build: { context: "app", args: { TOKEN: secret("t0ken"), PLAIN: "plain" } },
  registry: secret({ password: "p4ss" }),
};

test("survive the way over the wire", () => {
  expect(fromStruct(toStruct(inputs))).toEqual(inputs);
});

test("values without content are left out on the way", () => {
  expect(fromStruct(toStruct({ a: null, b: { c: null, d: [null, 1] } }))).toEqual({ b: { d: [null, 1] } });
});

test("are marked where they were, after defaults were filled in", () => {
  const clear = inClear(inputs);
  expect(JSON.stringify(clear)).not.toContain("4dabf18193072939515e22adb298388d");
  expect(keepSecrets(clear, inputs)).toEqual(inputs);
  const build = { context: "app", platform: "linux/amd64", args: { TOKEN: "t0ken", PLAIN: "plain" } };
  expect(keepSecrets({ ...clear, build }, inputs)).toEqual({
    ...inputs,
    build: { ...build, args: (inputs["build"] as Properties)["args"] },
  });
});

test("a list with a secret in it is secret as a whole, as the engine does it", () => {
  expect(keepSecrets({ list: ["a", "b"] }, { list: ["a", secret("b")] })).toEqual({
    list: secret(["a", "b"]),
  });
});

test("are found at any depth", () => {
  expect(secretTexts(inputs)).toEqual(["t0ken", "p4ss"]);
});

test("never come through a mask", () => {
  const word = fc.string({ minLength: 1, unit: fc.constantFrom("x", "y", "z", "0", "1") });
  fc.assert(
    fc.property(fc.array(word), fc.array(word), (words, secrets) => {
      const text = masked(words.join(" "), secrets);
      expect(secrets.filter((value) => text.includes(value))).toEqual([]);
    }),
  );
  expect(masked("line two of a key", ["line one\nline two\n"])).toBe("[secret] of a key");
  expect(masked("a.c abc", ["a.c", "secret"])).toBe("[secret] abc");
  expect(masked("t0ken and t0ken2", ["t0ken", "t0ken2", ""])).toBe("[secret] and [secret]");
});
