import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pulumiFiles, removePulumiFiles } from "./backend";

const id = "261129120030-k3f9";
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "twinstack-backend-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("of a backend in a folder the run's files are found and removed, and no others", () => {
  const env = { PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_HOME: join(folder, "home") };
  const kept = join(folder, ".pulumi/stacks/twinstack/local.json");
  const files = [
    `.pulumi/stacks/twinstack/test-${id}.json.bak`,
    `.pulumi/locks/organization/twinstack/test-${id}/lock.json`,
    `home/logs/organization+twinstack+test-${id}.log`,
  ].map((file) => join(folder, file));
  for (const file of [kept, ...files]) {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, "{}");
  }
  expect(pulumiFiles(id, env)).toEqual(expect.arrayContaining(files));
  removePulumiFiles(id, env);
  expect(pulumiFiles(id, env)).toEqual([]);
  expect(existsSync(kept)).toBe(true);
});

test("a backend elsewhere keeps no files here", () => {
  const env = { PULUMI_BACKEND_URL: "s3://bucket", PULUMI_HOME: join(folder, "missing") };
  expect(pulumiFiles(id, env)).toEqual([]);
});
