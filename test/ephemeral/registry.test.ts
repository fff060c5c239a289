import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { partsOf, pinned, Registry } from "./registry";

const digest = `sha256:${"d".repeat(64)}`;
let tags: Record<string, string[]>;
let server: Server;
let host: string;

beforeEach(async () => {
  tags = { "twinstack/web": ["0.1.0"], "twinstack/test-261129120030-k3f9/web": ["0.1.0"] };
  server = createServer(({ method = "", url = "" }, answer) => {
    const [, repository = "", kind, name = ""] = /^\/v2\/(.+)\/(tags|manifests)\/(.+)$/.exec(url) ?? [];
    if (url.startsWith("/v2/_catalog")) {
      const [first, ...others] = Object.keys(tags);
      const isFirst = !url.includes("last=");
      if (isFirst) answer.setHeader("link", '</v2/_catalog?last=x&n=1000>; rel="next"');
      answer.end(JSON.stringify({ repositories: isFirst ? [first] : others }));
    } else if (kind === "tags") {
      answer.end(JSON.stringify({ tags: tags[repository]?.length === 0 ? null : tags[repository] }));
    } else if (method === "DELETE" && name === digest) {
      tags[repository] = [];
      answer.writeHead(202).end();
    } else if (tags[repository]?.includes(name) === true) {
      answer.writeHead(200, { "docker-content-digest": digest }).end();
    } else {
      answer.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test("a run's tags are found and removed, and nobody else's", async () => {
  const registry = new Registry(host);
  const mine = await registry.tagsOf("261129120030-k3f9");
  expect(mine).toEqual([{ repository: "twinstack/test-261129120030-k3f9/web", tag: "0.1.0" }]);
  for (const tag of mine) await registry.remove(tag);
  expect(await registry.tagsOf("261129120030-k3f9")).toEqual([]);
  expect(await registry.tagsOf("twinstack/web")).toHaveLength(1);
});

test("an image is pinned where its registry tells the digest", async () => {
  expect(await pinned(`${host}/twinstack/web:0.1.0`)).toBe(`${host}/twinstack/web@${digest}`);
  expect(await pinned(`${host}/twinstack/web:0.2.0`)).toBe(`${host}/twinstack/web:0.2.0`);
  expect(await pinned(`${host}/twinstack/web@${digest}`)).toBe(`${host}/twinstack/web@${digest}`);
});

test("a registry that is not there is told, not taken for empty", async () => {
  server.closeAllConnections();
  server.close();
  await expect(new Registry(host).tagsOf("x")).rejects.toThrow(`registry ${host} does not answer`);
});

test.each([
  ["198.18.0.1:5000/base/nginx:sid", { host: "198.18.0.1:5000", repository: "base/nginx", tag: "sid" }],
  ["registry.example/team/web", { host: "registry.example", repository: "team/web", tag: "latest" }],
])("%s in parts", (image, parts) => {
  expect(partsOf(image)).toEqual(parts);
});
