import { isGood, type Result, summary } from "./campaign";

const result = (over: Partial<Result>): Result => ({
  fault: undefined,
  id: "261129120030-k3f9",
  ended: 0,
  cleanedBy: "runner",
  left: [],
  upSeconds: 20.24,
  destroySeconds: 15,
  seconds: 40,
  ...over,
});
const killed = result({ fault: "kill-up", ended: "SIGKILL", cleanedBy: "watchdog", upSeconds: undefined });

test.each<[string, Partial<Result>, boolean]>([
  ["was left alone and ended well", {}, true],
  ["was left alone and failed", { ended: 70 }, false],
  ["was left alone and did not clean up itself", { cleanedBy: "reaper" }, false],
  ["was left alone and left something", { left: ["process 7"] }, false],
  ["was killed, and nothing is left", killed, true],
  ["was killed, and something is left", { ...killed, left: ["process 7"] }, false],
])("a run that %s: good is %3$s", (_, over, good) => {
  expect(isGood(result(over))).toBe(good);
});

test("a campaign is told as a table, what is left, and a verdict", () => {
  expect(summary([result({}), { ...killed, left: ["process 7"] }])).toBe(
    [
      "#  run                fault    ended    cleaned by  up s  destroy s  all s  left",
      "1  261129120030-k3f9  -        0        runner      20.2  15.0       40.0   0",
      "2  261129120030-k3f9  kill-up  SIGKILL  watchdog    -     15.0       40.0   1",
      "left: process 7",
      "2 runs, 1 with a fault: 1 left over, 1 not as they must be",
    ].join("\n"),
  );
});
