import fc from "fast-check";
import { type NginxConfig, renderNginxConfig, tryTimeouts } from "../../../components/routing/nginx-config";
import { drainScript, startScript } from "../../../components/routing/nginx-scripts";
import { algorithms, type Backend } from "../../../components/routing";

const backend = (name: string, weight: number): Backend => ({
  name,
  weight,
  host: `web-${name}.shop.svc.cluster.local`,
  port: 8080,
});

const config: NginxConfig = {
  algorithm: "weighted",
  backends: [backend("stable", 3), backend("candidate", 2), backend("canary", 1)],
  requestSeconds: 5,
  shutdownSeconds: 14,
  retryNonIdempotent: false,
  workers: 2,
  resolver: "kube-dns.kube-system.svc.cluster.local",
};

/** The body of a block, by the line that opens it. */
function block(text: string, head: string): string {
  const start = text.indexOf(`${head} {`);
  if (start < 0) throw new Error(`no block ${head}`);
  return text.slice(start, text.indexOf("\n    }", start));
}

/** Weights of the first level by backend. */
function levelOne(text: string): Record<string, number> {
  const servers = block(text, "upstream backends").matchAll(
    /server unix:\/run\/router\/(\S+)\.sock weight=(\d+)/g,
  );
  return Object.fromEntries([...servers].map(([, name, weight]) => [String(name), Number(weight)]));
}

const backends = fc
  .uniqueArray(
    fc.record({
      name: fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/),
      weight: fc.integer({ min: 0, max: 100 }),
    }),
    { selector: ({ name }) => name, minLength: 1, maxLength: 8 },
  )
  .filter((list) => list.some(({ weight }) => weight > 0))
  .map((list) => list.map(({ name, weight }) => backend(name, weight)));
const algorithm = fc.constantFrom(...algorithms);

describe("weights", () => {
  test("are those desired", () => {
    expect(levelOne(renderNginxConfig(config))).toEqual({ stable: 3, candidate: 2, canary: 1 });
  });

  test("hold every backend above 0 in its proportion, and no other", () => {
    fc.assert(
      fc.property(backends, algorithm, (list, by) => {
        const rendered = levelOne(renderNginxConfig({ ...config, algorithm: by, backends: list }));
        const used = list.filter(({ weight }) => weight > 0);
        expect(Object.keys(rendered).sort()).toEqual(used.map(({ name }) => name).sort());
        const total = used.reduce((sum, { weight }) => sum + weight, 0);
        const renderedTotal = Object.values(rendered).reduce((sum, weight) => sum + weight, 0);
        for (const { name, weight } of used)
          expect((rendered[name] ?? 0) * total).toBe(weight * renderedTotal);
      }),
    );
  });

  test("of a backend at 0 leave no trace of it", () => {
    const text = renderNginxConfig({ ...config, backends: [...config.backends, backend("retired", 0)] });
    expect(text).not.toContain("retired");
  });

  test("in another order or scale give the same text", () => {
    fc.assert(
      fc.property(backends, fc.integer({ min: 1, max: 9 }), (list, factor) => {
        const scaled = list.map((each) => ({ ...each, weight: each.weight * factor })).reverse();
        expect(renderNginxConfig({ ...config, backends: scaled })).toBe(
          renderNginxConfig({ ...config, backends: list }),
        );
      }),
    );
  });
});

test("the text is well-formed: braces match, and every line ends as it must", () => {
  fc.assert(
    fc.property(backends, algorithm, fc.boolean(), fc.boolean(), (list, by, retryNonIdempotent, asked) => {
      const health = asked ? { host: "steward", port: 8080, path: "/region-health" } : undefined;
      const text = renderNginxConfig({
        ...config,
        algorithm: by,
        backends: list,
        retryNonIdempotent,
        health,
      });
      const lines = text
        .split("\n")
        .map((each) => each.trim())
        .filter((line) => line !== "" && !line.startsWith("#"));
      expect(lines.filter((line) => !/[;{}]$/.test(line))).toEqual([]);
      const steps: number[] = lines.map((line) => (line.endsWith("{") ? 1 : line === "}" ? -1 : 0));
      const depths = steps.map((_, at) => steps.slice(0, at + 1).reduce((sum, step) => sum + step, 0));
      expect(Math.min(...depths)).toBe(0);
      expect(depths.at(-1)).toBe(0);
      expect(text).not.toContain("undefined");
    }),
  );
});

test.each([
  ["roundRobin", undefined, undefined],
  ["weighted", undefined, undefined],
  ["leastConnections", "least_conn;", "least_conn;"],
  ["ipHash", "hash $binary_remote_addr consistent;", undefined],
] as const)("%s chooses a backend by %s and a pod by %s", (by, forBackend, forPod) => {
  const text = renderNginxConfig({ ...config, algorithm: by });
  const choosers = (head: string) => /^ *((?:least_conn|hash).*)$/m.exec(block(text, head))?.[1];
  expect(choosers("upstream backends")).toBe(forBackend);
  expect(choosers("upstream pods_of_canary")).toBe(forPod);
});

describe("failures", () => {
  const text = renderNginxConfig(config);

  test("of a pod are answered by another pod of the same backend", () => {
    expect(text).toContain("server web-canary.shop.svc.cluster.local:8080 resolve max_fails=2");
    expect(text).toContain("proxy_next_upstream error timeout http_502;");
  });

  test("of a backend are never hidden by another backend", () => {
    expect(text.match(/proxy_next_upstream off;/g)).toHaveLength(1);
    expect(block(text, "upstream backends").match(/max_fails=0;/g)).toHaveLength(3);
  });

  test("of a POST are retried only where that is asked for", () => {
    expect(text).not.toContain("non_idempotent");
    const retrying = renderNginxConfig({ ...config, retryNonIdempotent: true });
    expect(retrying.match(/http_502 non_idempotent;/g)).toHaveLength(3);
  });

  test("begin anew when the pods in DNS change under a request, a POST only where that is asked for", () => {
    const anew = 'if ($request_method ~ "^(POST|PATCH|LOCK)$") { return 502; }';
    expect(text.match(/error_page 502 504 = @anew;/g)).toHaveLength(3);
    expect(text.split(anew)).toHaveLength(4);
    expect(renderNginxConfig({ ...config, retryNonIdempotent: true })).not.toContain(anew);
  });

  test("leave time for a second try after a whole first one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (requestSeconds) => {
        const { attempt, retry, total } = tryTimeouts(requestSeconds);
        expect(attempt).toBeGreaterThan(requestSeconds);
        expect(retry).toBeGreaterThan(attempt);
        expect(total).toBeGreaterThan(retry + attempt);
      }),
    );
  });
});

describe("the region's health", () => {
  const health = { host: "steward.shop.svc.cluster.local", port: 8080, path: "/region-health" };
  const text = renderNginxConfig({ ...config, health });
  const location = block(text.replace(/\n {8}\}/g, "\n    }"), "location = /region-health");

  test("is asked of its source, whose name need not resolve when nginx starts", () => {
    expect(block(text, "upstream region_health")).toContain(
      "server steward.shop.svc.cluster.local:8080 resolve max_fails=0;",
    );
    expect(location).toContain("proxy_pass http://region_health;");
  });

  test("is a 503 of the router's own before a second is over", () => {
    const limits = [...location.matchAll(/proxy_(?:connect|read)_timeout (\d+)ms;/g)];
    expect(limits).toHaveLength(2);
    expect(limits.reduce((sum, [, milliseconds]) => sum + Number(milliseconds), 0)).toBeLessThan(1000);
    expect(location).toContain("error_page 502 504 = @no_health;");
    expect(text).toContain('return 503 "nobody says whether this region is in service\\n";');
  });

  test("is never kept, whatever its source says", () => {
    expect(location).toContain("proxy_hide_header Cache-Control;");
    expect(text.match(/add_header Cache-Control no-store always;/g)).toHaveLength(2);
  });

  test("is no backend, and changes nothing else", () => {
    const without = renderNginxConfig(config);
    expect(without).not.toContain("region");
    expect(levelOne(text)).toEqual(levelOne(without));
    const added = text.split("\n").filter((line) => !without.split("\n").includes(line));
    expect(added.join("\n")).not.toMatch(/backends|pods_of_/);
  });
});

test("pods are looked up anew every second", () => {
  expect(renderNginxConfig(config)).toContain("resolver kube-dns.kube-system.svc.cluster.local valid=1s;");
});

test("the scripts turn a stop into a drain", () => {
  expect(drainScript(8)).toBe("touch /run/router/draining\nsleep 8\n");
  expect(startScript).toContain("trap 'kill -QUIT \"$nginx\"' TERM QUIT");
});
