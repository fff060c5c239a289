import { canonicalQuantity, canonicalizeQuantities } from "../src/quantity";

test.each([
  ["1000m", "1"],
  ["0.5", "500m"],
  ["0.01", "10m"],
  ["1500m", "1500m"],
  ["1000", "1k"],
  ["1000k", "1M"],
  ["1024Mi", "1Gi"],
  ["1536Mi", "1536Mi"],
  ["1.5Gi", "1536Mi"],
  ["16384Ki", "16Mi"],
  ["512", "512"],
  ["0.5Ki", "512"],
  ["0Gi", "0"],
  ["-1000m", "-1"],
  ["+2", "2"],
  ["1e3", "1e3"],
  ["1500e3", "1500e3"],
  ["0.1n", "1n"],
  [1, "1"],
  [0.25, "250m"],
])("the API server stores %p as %p", (written, stored) => {
  expect(canonicalQuantity(written)).toBe(stored);
});

test.each(["", "abc", "1 Gi", "1GiB", null, true, undefined])("%p is no quantity and stays", (value) => {
  expect(canonicalQuantity(value)).toBe(value);
});

test("only fields that hold quantities are rewritten", () => {
  const pod = {
    kind: "Pod",
    metadata: { labels: { limits: "1000m" }, annotations: { sizeLimit: "x" } },
    spec: {
      containers: [
        {
          env: [{ name: "CPU", value: "1000m" }],
          resources: { limits: { cpu: "1000m" }, requests: { memory: "1024Mi" } },
        },
      ],
      volumes: [{ emptyDir: { sizeLimit: "1024Mi" } }],
    },
  };
  canonicalizeQuantities(pod);
  expect(pod).toEqual({
    kind: "Pod",
    metadata: { labels: { limits: "1000m" }, annotations: { sizeLimit: "x" } },
    spec: {
      containers: [
        {
          env: [{ name: "CPU", value: "1000m" }],
          resources: { limits: { cpu: "1" }, requests: { memory: "1Gi" } },
        },
      ],
      volumes: [{ emptyDir: { sizeLimit: "1Gi" } }],
    },
  });
});
