import { golden, presentable } from "./golden";

const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "hunter2" };

test("a golden shows keys in order, texts by line and no secret", () => {
  expect(JSON.stringify(presentable({ b: ["one\ntwo", { d: 1, c: secret }], a: null }))).toBe(
    '{"a":null,"b":[["one","two"],{"c":"[secret]","d":1}]}',
  );
});

test("a golden shows resources by name", () => {
  const resource = {
    type: "t",
    custom: true,
    parent: undefined,
    provider: "p",
    dependsOn: [],
    protect: false,
    timeouts: undefined,
    madeFrom: {},
  };
  const text = golden({
    outputs: {},
    resources: [
      { ...resource, name: "b", inputs: {} },
      { ...resource, name: "a", inputs: { token: secret } },
    ],
  });
  expect(text.indexOf('"name": "a"')).toBeLessThan(text.indexOf('"name": "b"'));
  expect(text).not.toContain("hunter2");
});
