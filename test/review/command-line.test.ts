import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

// The commands as people and CI run them, in a checkout of the test's own: two commits of the real program.

const here = resolve(__dirname, "../..");
const slow = 120_000;

/** Nothing that reaches a cloud, a cluster or a CLI. */
const bare = { PATH: process.env["PATH"] ?? "", KUBECONFIG: "/dev/null/kubeconfig", HOME: "/dev/null" };

let checkout: string;
beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), "twinstack-review-"));
  const parts = ["stacks", "components", "policies", "review", "package.json", "tsconfig.json"];
  for (const part of parts) cpSync(join(here, part), join(checkout, part), { recursive: true });
  mkdirSync(join(checkout, "platform/plugins"), { recursive: true });
  cpSync(join(here, "platform/plugins/kubernetes"), join(checkout, "platform/plugins/kubernetes"), {
    recursive: true,
  });
  symlinkSync(join(here, "node_modules"), join(checkout, "node_modules"));
  git("init", "--quiet", "--initial-branch", "main");
  git("add", "--all", "--", ".", ":!node_modules");
  git("-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", "base");
});
afterAll(() => {
  rmSync(checkout, { recursive: true, force: true });
});

const git = (...args: string[]): string =>
  execFileSync("git", args, {
    cwd: checkout,
    encoding: "utf8",
    env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null" },
  });

const run = (...args: string[]) =>
  spawnSync("node", ["review/run.mjs", ...args], { cwd: checkout, encoding: "utf8", env: bare });

/** Changes the checkout's description of local, until the test is over. */
function withEdit(from: string, to: string, check: () => void): void {
  const file = join(checkout, "stacks/Pulumi.local.yaml");
  const text = readFileSync(file, "utf8");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
  try {
    check();
  } finally {
    writeFileSync(file, text);
  }
}

test(
  "a preview shows every resource",
  () => {
    const { status, stdout, stderr } = run("preview", "--env", "local");
    expect([status, stderr]).toEqual([0, ""]);
    const golden = JSON.parse(readFileSync(join(here, "test/stacks/expected/local.json"), "utf8")) as {
      resources: { name: string }[];
    };
    for (const { name } of golden.resources) expect(stdout).toContain(` ${name}  `);
    expect(stdout).toMatch(/^ {2}25 kubernetes:core\/v1:Service$/m);
    expect(stdout).toMatch(/^ {2}62 a$/m);
    expect(stdout).toContain("151 resources in 57 components");
  },
  slow,
);

const alone = spawnSync("unshare", ["-n", "true"]).status === 0;
const isolated = alone ? test : test.skip;
isolated(
  `needs no network: it works where there is none${alone ? "" : " (skipped: needs root for a network namespace)"}`,
  () => {
    const script =
      "node --print 'JSON.stringify(os.networkInterfaces())'; node review/run.mjs preview --env local --base main";
    const { status, stdout, stderr } = spawnSync("unshare", ["-n", "sh", "-c", script], {
      cwd: checkout,
      encoding: "utf8",
      env: bare,
    });
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^\{\}\nnothing changes\n/);
  },
  slow,
);

test(
  "a preview against a base shows what changes",
  () => {
    withEdit("ttlSeconds: 3", "ttlSeconds: 4", () => {
      const { status, stdout } = run("preview", "--env", "local", "--base", "main");
      expect(status).toBe(0);
      expect(stdout).toContain("+- twinstack-dns-a-config  ConfigMap");
      expect(stdout).toContain("~  twinstack-dns-b-deployment  Deployment");
      expect(stdout).toContain("4 resources would change:\n  2 replace\n  2 update");
      expect(stdout).not.toContain("twinstack-a-router");
    });
  },
  slow,
);

test(
  "a report goes to a file, and fails on losses only if it is to",
  () => {
    withEdit("gibibytes: 1\n      memoryMebibytes", "gibibytes: 2\n      memoryMebibytes", () => {
      const out = join(checkout, "report.md");
      const args = ["report", "--env", "local", "--base", "main", "--out", out];
      expect(run(...args).status).toBe(0);
      const once = readFileSync(out);
      const failing = run(...args, "--fail-on-stateful");
      expect(failing.status).toBe(1);
      expect(failing.stderr).toContain(
        "stateful resources would be lost: twinstack-peers-database-a-stateful-set",
      );
      expect(readFileSync(out).equals(once)).toBe(true);
      expect(once.toString()).toContain("### local: 0 create, 0 update, **2 replace**, 0 delete");
    });
  },
  slow,
);

test.each([
  ["no drift", 0, "same", "exit 0"],
  ["drift", 1, "delete", "exit 0"],
  [
    "a refresh that failed, whatever it found before",
    2,
    "delete",
    "echo 'cluster unreachable' >&2; exit 255",
  ],
])("%s ends with %d", (_, status, op, end) => {
  const name = "twinstack-a-web-stable-disruption-budget";
  const type = "kubernetes:policy/v1:PodDisruptionBudget";
  const event = {
    resOutputsEvent: {
      metadata: {
        op,
        urn: `urn:pulumi:local::x::${type}::${name}`,
        type,
        old: { custom: true },
        new: op === "same" ? {} : null,
      },
    },
  };
  const bin = join(checkout, "bin");
  mkdirSync(bin, { recursive: true });
  // In place of the CLI: tells what it found in the file that its last argument names.
  const script = `#!/bin/sh\nfor last; do :; done\ncat >"$last" <<'END'\n${JSON.stringify(event)}\nEND\n${end}\n`;
  writeFileSync(join(bin, "pulumi"), script, { mode: 0o755 });
  const found = spawnSync("node", ["review/run.mjs", "drift", "--stack", "local"], {
    cwd: checkout,
    encoding: "utf8",
    env: { ...bare, PATH: `${bin}:${bare.PATH}` },
  });
  expect([found.status, found.stdout + found.stderr]).toEqual([
    status,
    expect.stringContaining(
      ["no drift in local: 1 resource", `${name} (PodDisruptionBudget, a): it is gone`, "unreachable"][
        status
      ] ?? "",
    ),
  ]);
});

test(
  "what can't be told ends with 2, and with the reason",
  () => {
    const cases: [args: string[], said: string][] = [
      [
        ["preview", "--env", "nowhere"],
        'ENV is "nowhere"; must be a stack with a file stacks/Pulumi.nowhere.yaml',
      ],
      [["report", "--env", "local"], "BASE is missing"],
      [
        ["report", "--env", "local", "--base", "no-such-branch"],
        'BASE is "no-such-branch"; must be a commit',
      ],
      [["report", "--env", "local", "--base", "main", "--limit", "few"], 'LIMIT is "few"; must be a number'],
      [["drift", "--stack", "local"], "pulumi"],
      [["guess"], "usage:"],
    ];
    for (const [args, said] of cases) {
      const { status, stderr } = run(...args);
      expect([args.join(" "), status]).toEqual([args.join(" "), 2]);
      expect(stderr).toContain(said);
    }
    withEdit("ttlSeconds: 3", "ttlSeconds: 300", () => {
      const { status, stderr } = run("preview", "--env", "local");
      expect(status).toBe(2);
      expect(stderr).toContain("dns.ttlSeconds is 300; must be at most");
    });
  },
  slow,
);
