import { run } from "./support/command";
import { processesOf } from "./support/cluster";
import { type Environment, environment, restore } from "./support/environment";

// Tests of the Go services that need a mysqld: they start their own, from the files of the one that runs here.

/** They kill and start many servers, beside three clusters. */
const deadlineSeconds = 600;

let local: Environment;
beforeAll(async () => {
  local = await environment();
});
afterAll(() => restore(local));

test.each(["mysql", "guard", "database", "ledger", "migrate"])(
  "services/internal/%s",
  async (folder) => {
    const [pod] = await local.cluster.pods("app.kubernetes.io/instance=database-a");
    if (pod === undefined) throw new Error("region a has no database");
    const [anyProcess] = processesOf(pod);
    const { code, output } = await run(
      "go",
      ["-C", "services", "test", "-count=1", "-v", `./internal/${folder}/...`],
      {
        deadlineSeconds,
        env: { TWINSTACK_MYSQL_ROOT: `/proc/${String(anyProcess)}/root` },
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
