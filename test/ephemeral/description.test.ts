import { parseConfig } from "../../stacks/config";
import { descriptionOf } from "../support/description";
import {
  contextsOf,
  derived,
  freePorts,
  marked,
  portCount,
  registryOf,
  type Shape,
  shapes,
} from "./description";

const run = { id: "261129120030-k3f9", owner: "root.host", created: "20261129T120030Z", ttlSeconds: 7200 };
const stack = `test-${run.id}`;
const local = descriptionOf("local");
const web = `registry.example/web@sha256:${"a".repeat(64)}`;
const ports = [31_000, 31_001, 31_002, 31_003, 31_004, 31_005];

const of = (shape: Shape) => derived(local, shape, { run, images: { web }, ports });

test.each(shapes)("%s is a description that is right in the run's own stack", (shape) => {
  const text = JSON.stringify(of(shape));
  expect(parseConfig({ project: "twinstack", stack, text, isSecret: false })).toMatchObject({ stack, run });
});

test.each(shapes)("%s shares no node port and no tag with local", (shape) => {
  const numbers = (value: unknown): string[] => JSON.stringify(value).match(/\b3[0-2]\d{3}\b/g) ?? [];
  expect(numbers(of(shape))).toHaveLength(portCount[shape]);
  expect(numbers(of(shape)).filter((port) => numbers(local).includes(port))).toEqual([]);
  expect(of(shape).images.registry).toBe(`198.18.0.1:5000/twinstack/${stack}`);
  expect(of(shape).dns).toBeUndefined();
});

test("one region is four pods in one cluster; two have a witness and a database", () => {
  expect(contextsOf(of("one-region"))).toEqual(["twinstack-a"]);
  expect(contextsOf(of("two-regions"))).toEqual(["twinstack-a", "twinstack-b", "twinstack-w"]);
  expect(of("one-region").regions["a"]?.routing.backends).toEqual({ stable: { weight: 1 } });
  expect(of("one-region").service.scaling).toEqual({ kind: "fixed", replicas: 2 });
  expect(of("two-regions").quorum).toMatchObject({ ports: { client: 31_000, peer: 31_001 } });
  expect(of("two-regions").database).toMatchObject({ ports: { mysql: 31_002, group: 31_003 } });
});

test("a description of one's own is marked, and otherwise as it was", () => {
  const mine = marked(local, { run, images: {} });
  expect(mine).toEqual({ ...local, run, images: { ...local.images, registry: mine.images.registry } });
  expect(registryOf(mine)).toBe("198.18.0.1:5000");
});

test("a description of AWS is refused: its clusters are not there", () => {
  const production = descriptionOf("production");
  expect(() => contextsOf(production)).toThrow(
    'a cluster of kind "eks"; must be "existing": a test stack makes no clusters',
  );
  expect(() => marked(production, { run, images: {} })).toThrow(
    'images.registry of kind "ecr"; must be a text: a test stack makes no registry',
  );
});

test("free ports are free, and another run begins elsewhere", () => {
  const taken = freePorts([], 5, run.id);
  const next = freePorts(taken, 5, run.id);
  expect(new Set([...taken, ...next]).size).toBe(10);
  for (const port of [...taken, ...next]) expect(port >= 30_000 && port <= 32_767).toBe(true);
  expect(freePorts([], 5, "261129120030-k3fa")).not.toEqual(taken);
  const all = Array.from({ length: 2768 }, (_, index) => 30_000 + index);
  expect(() => freePorts(all.slice(1), 2, run.id)).toThrow(
    "of node ports 30000 to 32767 only 1 are free; must be 2",
  );
});
