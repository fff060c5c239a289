import { foundRuns, type FoundRun, judge, traceOfState } from "./reap-plan";

const id = "261129120030-k3f9";
const now = new Date("2026-11-29T15:00:30Z");

test("a run is found once, with all that the places tell", () => {
  const traces = [
    { id, where: "files" },
    { id: "261129143030-aaaa", where: "backend: 0 resources" },
    { id, where: "twinstack-a: 12 objects", owner: "root.host", ttlSeconds: 3600 },
  ];
  expect(foundRuns(traces, now)).toEqual([
    {
      id,
      owner: "root.host",
      ttlSeconds: 3600,
      ageSeconds: 10_800,
      where: ["files", "twinstack-a: 12 objects"],
    },
    // Of which nothing but its name is left.
    {
      id: "261129143030-aaaa",
      owner: "?",
      ttlSeconds: 7200,
      ageSeconds: 1800,
      where: ["backend: 0 resources"],
    },
  ]);
});

test.each(["", "local", "someone's"])(
  "a label that is no run's id, such as %j, is nobody's to reap",
  (id) => {
    expect(foundRuns([{ id, where: "twinstack-a: 1 objects" }], now)).toEqual([]);
  },
);

const run = (ageSeconds: number, ttlSeconds: number): FoundRun => ({
  id,
  owner: "root.host",
  ttlSeconds,
  ageSeconds,
  where: [],
});

test.each([
  [10_800, 7200, undefined, true, "3 h old, its time was 2 h"],
  [7200, 7200, undefined, true, "2 h old, its time was 2 h"],
  [7140, 7200, undefined, false, "1 h 59 min old, has 60 s left"],
  // Somebody's own idea of old goes before each stack's.
  [60, 7200, 0, true, "60 s old, its time was 0 s"],
  [10_800, 7200, 86_400, false, "3 h old, has 21 h left"],
  // Clocks differ.
  [-5, 7200, undefined, false, "0 s old, has 2 h left"],
])("%s s of %s s, older than %s: due is %s", (age, ttl, olderThan, due, reason) => {
  expect(judge(run(age, ttl), olderThan)).toEqual({ due, reason });
});

test("a state tells its run by the labels in it, or by nothing", () => {
  const labels = {
    "twinstack.dev/run-id": id,
    "twinstack.dev/run-owner": "root.host",
    "twinstack.dev/run-ttl-seconds": "3600",
  };
  const resources = [{ inputs: {} }, {}, { inputs: { metadata: { labels } } }];
  expect(traceOfState(id, JSON.stringify({ deployment: { resources } }))).toEqual({
    id,
    where: "backend: 3 resources",
    owner: "root.host",
    ttlSeconds: 3600,
  });
  expect(traceOfState(id, JSON.stringify({ deployment: {} }))).toEqual({
    id,
    where: "backend: 0 resources",
    owner: "",
  });
});
