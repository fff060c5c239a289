import {
  createdOf,
  isRunId,
  labelTime,
  namespaceOf,
  newRun,
  parseDuration,
  runIdOf,
  showDuration,
  stackOf,
} from "./identity";

const time = new Date("2026-11-29T12:00:30.250Z");

test("a run's id tells when it was started, and no two are the same", () => {
  const ids = Array.from({ length: 50 }, () => newRun(7200, time).id);
  expect(new Set(ids).size).toBeGreaterThan(45);
  for (const id of ids) {
    expect(id).toMatch(/^261129120030-[a-z0-9]{4}$/);
    expect(createdOf(id)?.toISOString()).toBe("2026-11-29T12:00:30.000Z");
    expect(namespaceOf(id).length).toBeLessThanOrEqual(63);
  }
});

test("what a run tells of itself can be a label's value", () => {
  const { owner, created } = newRun(7200, time);
  expect(created).toBe("20261129T120030Z");
  expect(labelTime(time)).toBe(created);
  expect(owner).toMatch(/^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/);
});

test.each([
  ["test-261129120030-k3f9", "261129120030-k3f9"],
  ["organization/twinstack/test-261129120030-k3f9", "261129120030-k3f9"],
  ["local", undefined],
  ["test-mine", undefined],
  ["261129120030-k3f9", undefined],
  ["latest-261129120030-k3f9", undefined],
  ["test-261129120030-k3f9-2", undefined],
])("the run of stack %s is %s", (stack, id) => {
  expect(runIdOf(stack)).toBe(id);
});

test("a stack has its run's id in its name", () => {
  expect(runIdOf(stackOf("261129120030-k3f9"))).toBe("261129120030-k3f9");
  expect(isRunId("")).toBe(false);
});

test.each([
  ["90s", 90],
  ["30m", 1800],
  ["2h", 7200],
  ["1d", 86_400],
  ["0s", 0],
  ["2", undefined],
  ["2 h", undefined],
  ["-2h", undefined],
  ["1.5h", undefined],
])("%s is %s seconds", (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each([
  [40, "40 s"],
  [150, "3 min"],
  [7200, "2 h"],
  [7500, "2 h 5 min"],
])("%s seconds read as %s", (seconds, text) => {
  expect(showDuration(seconds)).toBe(text);
});
