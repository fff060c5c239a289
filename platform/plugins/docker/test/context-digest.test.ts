import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { contextDigest, goFileMode } from "../src/context-digest";
import recorded from "../../../../test/fixtures/docker/context-digests.json";

const home = process.cwd();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "context-"));
  process.chdir(folder);
});

afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

interface Entry {
  readonly path: string;
  readonly text?: string;
  readonly mode?: string;
  readonly link?: string;
}

function write(tree: readonly Entry[]): void {
  for (const entry of tree) {
    mkdirSync(path.dirname(entry.path), { recursive: true });
    if (entry.link !== undefined) {
      symlinkSync(entry.link, entry.path);
    } else {
      writeFileSync(entry.path, entry.text ?? "");
      chmodSync(entry.path, parseInt(entry.mode ?? "644", 8));
    }
  }
}

test.each(recorded)("$name", async ({ tree, context, dockerfile, digest }) => {
  write(tree);
  expect(await contextDigest(context, dockerfile)).toBe(digest);
});

const source: Entry[] = [
  { path: "app/Dockerfile", text: "FROM scratch" },
  { path: "app/.dockerignore", text: "*.md" },
  { path: "app/main.go", text: "package main" },
];

test("a change of an ignored file is no change", async () => {
  write([...source, { path: "app/README.md", text: "one" }]);
  const before = await contextDigest("app", "app/Dockerfile");
  writeFileSync("app/README.md", "two");
  expect(await contextDigest("app", "app/Dockerfile")).toBe(before);
});

test("a link that leads nowhere is told by name", async () => {
  write([...source, { path: "app/broken", link: "missing" }]);
  await expect(contextDigest("app", "app/Dockerfile")).rejects.toThrow("app/missing");
});

test("links that lead in a circle end", async () => {
  write([...source, { path: "app/a", link: "b" }, { path: "app/b", link: "a" }]);
  await expect(contextDigest("app", "app/Dockerfile")).rejects.toThrow(
    "app/a leads through more than 255 symbolic links",
  );
});

test.each([
  [0o100644, "-rw-r--r--"],
  [0o100755, "-rwxr-xr-x"],
  [0o104755, "urwxr-xr-x"],
  [0o107777, "ugtrwxrwxrwx"],
  [0o120777, "Lrwxrwxrwx"],
  [0o010600, "prw-------"],
  [0o060660, "Drw-rw----"],
  [0o020666, "Dcrw-rw-rw-"],
  [0o021666, "Dctrw-rw-rw-"],
])("mode %o is %s in Go", (mode, text) => {
  expect(goFileMode({ mode })).toBe(text);
});
