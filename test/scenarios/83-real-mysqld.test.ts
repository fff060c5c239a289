import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, run } from "./support/command";
import { processesOf } from "./support/cluster";
import { type Environment, environment, restore } from "./support/environment";

// Tests of the Go services that need a mysqld: they start their own, from the files of the one that runs here.

/** They kill and start many servers, beside three clusters. */
const deadlineSeconds = 600;

/** What of the image mysqld needs: its programs and libraries, and the names that lead to them. */
const folders = ["usr", "bin", "sbin", "lib", "lib64"];

let local: Environment;
const image = mkdtempSync(join(tmpdir(), "twinstack-mysql-"));
beforeAll(async () => {
  local = await environment();
  const [pod] = await local.cluster.pods("app.kubernetes.io/instance=database-a");
  if (pod === undefined) throw new Error("region a has no database");
  const [anyProcess] = processesOf(pod);
  // A copy: the tests of the guard run in process namespaces of their own, where /proc does not lead to the pod.
  const root = `/proc/${String(anyProcess)}/root`;
  await must("cp", ["-a", ...folders.map((folder) => `${root}/${folder}`), image]);
}, 120_000);
afterAll(async () => {
  rmSync(image, { recursive: true });
  await restore(local);
});

test.each(["mysql", "guard", "database", "ledger", "migrate"])(
  "services/internal/%s",
  async (folder) => {
    const { code, output } = await run(
      "go",
      ["-C", "services", "test", "-count=1", "-v", `./internal/${folder}/...`],
      {
        deadlineSeconds,
        env: { TWINSTACK_MYSQL_ROOT: image },
      },
    );
    if (code !== 0) console.log(output);
    expect(code).toBe(0);
    expect(output).toContain("--- PASS");
    // A test that finds no mysqld skips, and says so.
    expect(output).not.toMatch(/TWINSTACK_MYSQL_ROOT/);
  },
  (deadlineSeconds + 10) * 1000,
);
