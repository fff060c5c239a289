import { BuildProgress } from "../src/progress";

const failing = `#0 building with "remote" instance using remote driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 292B done
#1 DONE 0.0s

#4 [1/3] COPY busybox /bin/busybox
#4 CACHED

#5 [2/3] RUN slow
#6 [3/3] RUN broken
#5 0.050 still at it
#6 0.077 one
#6 0.078 two
#6 ERROR: process "/bin/sh -c broken" did not complete successfully: exit code: 3
------
 > [3/3] RUN broken:
0.077 one
0.078 two
------
Dockerfile:4
--------------------
   4 | >>> RUN broken
--------------------
ERROR: failed to build: failed to solve: process "/bin/sh -c broken" did not complete successfully: exit code: 3`;

function read(output: string): { progress: BuildProgress; shown: string[] } {
  const progress = new BuildProgress();
  const shown = output.split("\n").map((line) => progress.read(line));
  return { progress, shown: shown.filter((text) => text !== undefined) };
}

test("shows steps and what they print, not the builder's housekeeping", () => {
  const { progress, shown } = read(failing);
  expect(shown).toEqual([
    "[1/3] COPY busybox /bin/busybox",
    "[1/3] COPY busybox /bin/busybox CACHED",
    "[2/3] RUN slow",
    "[3/3] RUN broken",
    "0.050 still at it",
    "0.077 one",
    "0.078 two",
  ]);
  expect(progress.cached).toBe(1);
});

test("a failure has the reason and the lines of the failed step only", () => {
  expect(read(failing).progress.failure()).toBe(
    [
      'process "/bin/sh -c broken" did not complete successfully: exit code: 3',
      "  in step [3/3] RUN broken",
      "    0.077 one",
      "    0.078 two",
    ].join("\n"),
  );
});

test("a failure before the first step has BuildKit's reason", () => {
  const output =
    "ERROR: failed to build: failed to solve: failed to read dockerfile: open Dockerfile: no such file";
  expect(read(output).progress.failure()).toBe("failed to read dockerfile: open Dockerfile: no such file");
});

test("a failure without a reason says so", () => {
  expect(read("").progress.failure()).toBe("the builder gave no reason");
});

test("a talkative step keeps its last lines", () => {
  const lines = Array.from({ length: 100 }, (_, i) => `#2 line ${String(i)}`);
  const text = read(["#2 [1/1] RUN talk", ...lines, "#2 ERROR: gone"].join("\n")).progress.failure();
  expect(text.split("\n").slice(2)).toEqual(lines.slice(-20).map((line) => `    ${line.slice(3)}`));
});
