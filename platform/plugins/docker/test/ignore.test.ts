import { readFileSync } from "node:fs";
import { IgnoreMatcher, parseIgnoreFile, type Verdict } from "../src/ignore";
import recorded from "../../../../test/fixtures/docker/ignore-patterns.json";

/** The files that stay in a context, as the walk over it decides from the outside in. */
function kept(ignoreFile: string, files: readonly string[]): string[] {
  const matcher = new IgnoreMatcher(parseIgnoreFile(ignoreFile));
  return files.filter((file) => {
    const parts = file.split("/");
    let verdict: Verdict | undefined;
    for (const depth of parts.keys()) {
      verdict = matcher.match(parts.slice(0, depth + 1).join("/"), verdict?.matches);
      if (verdict.prune) break;
    }
    return verdict?.ignored === false;
  });
}

test.each(recorded.cases)("$ignore", ({ ignore, kept: expected }) => {
  expect(kept(ignore, recorded.files).sort()).toEqual([...expected].sort());
});

test("an exception without a pattern is refused", () => {
  expect(() => kept("*\n!", ["a"])).toThrow('the ignore file has the line "!"; an exception needs a pattern');
});

test("a bracket that is never closed is refused", () => {
  expect(() => kept("a[", ["a"])).toThrow(
    'the ignore file has the pattern "a[", whose bracket is never closed',
  );
});

test("a folder is only left unread when nothing below it can come back", () => {
  expect(new IgnoreMatcher(["dir"]).match("dir", undefined)).toMatchObject({ ignored: true, prune: true });
  expect(new IgnoreMatcher(["dir", "!dir/a"]).match("dir", undefined)).toMatchObject({
    ignored: true,
    prune: false,
  });
});

test("the service's context holds what its commands are made of", () => {
  const files = ["go.mod", "go.sum", "cmd/web/main.go", "internal/server/server.go"];
  const others = [
    "Dockerfile",
    ".dockerignore",
    "cmd/web/main_test.go",
    "internal/config/testdata/a.env",
    "web",
    "x.md",
  ];
  expect(kept(readFileSync("services/.dockerignore", "utf8"), [...files, ...others])).toEqual(files);
});
