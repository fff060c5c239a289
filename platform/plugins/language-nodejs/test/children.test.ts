import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

import { Children, ended, failure } from "../src/children";

test.each([
  [{ code: 0, signal: null }, undefined],
  [{ code: 7, signal: null }, "Program exited with non-zero exit code: 7"],
  [{ code: null, signal: "SIGINT" as const }, "Program was ended by SIGINT"],
  [
    { code: null, signal: "SIGABRT" as const },
    "Program was ended by SIGABRT. If node ran out of memory, give it more in Pulumi.yaml: " +
      "runtime.options.nodeargs: --max-old-space-size=<megabytes>",
  ],
])("%j means %j", (exit, expected) => {
  expect(failure(exit)).toBe(expected);
});

/** Starts a node that has printed something, so that its handlers are in place. */
async function start(children: Children, script: string): Promise<ChildProcess> {
  const code = `${script}; setInterval(() => {}, 1000); console.log("ready")`;
  const child = children.start(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout !== null) {
    await once(child.stdout, "data");
  }
  return child;
}

test("a child is interrupted, so that it can clean up", async () => {
  const children = new Children();
  const child = await start(children, 'process.on("SIGINT", () => process.exit(3))');
  const exit = ended(child);
  await children.endAll();
  expect(await exit).toEqual({ code: 3, signal: null });
});

test("a child that does not listen is killed", async () => {
  const children = new Children(100);
  const child = await start(children, 'process.on("SIGINT", () => undefined)');
  const exit = ended(child);
  await children.endAll();
  expect(await exit).toEqual({ code: null, signal: "SIGKILL" });
});

test("a program that can't be started is an error, and nothing is left to end", async () => {
  const children = new Children();
  const child = children.start("/nowhere/node", [], { stdio: "ignore" });
  await expect(ended(child)).rejects.toThrow("ENOENT");
  await expect(children.endAll()).resolves.toBeUndefined();
});
