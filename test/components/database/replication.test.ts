import fc from "fast-check";
import {
  needsWitnessMember,
  recoverySeconds,
  type Replication,
  replicationModes,
  replicationProblems,
  sentence,
} from "../../../components";
import { promiseOf } from "../../../components/database/replication";

test("what can't be promised does not compile", () => {
  const promises: Replication[] = [
    { mode: "async" },
    { mode: "semi-sync" },
    { mode: "semi-sync", rpoSeconds: 0 },
    { mode: "group", rpoSeconds: 0 },
    // @ts-expect-error -- it acknowledges writes that no other region has
    { mode: "async", rpoSeconds: 0 },
    // @ts-expect-error -- nor can it promise any other number
    { mode: "async", rpoSeconds: 60 },
    // @ts-expect-error -- it promises more than that
    { mode: "semi-sync", rpoSeconds: 5 },
    // @ts-expect-error -- not a mode
    { mode: "sync", rpoSeconds: 0 },
  ];
  // What got round the compiler is told at run time.
  const refused = promises.filter((each) => replicationProblems(each, []).length > 0);
  expect(refused).toEqual(promises.slice(4, 7));
});

test.each<[Parameters<typeof replicationProblems>[0], string]>([
  [
    { mode: "async", rpoSeconds: 0 },
    'database.rpoSeconds is 0; must be left out with mode "async"; ' +
      'it acknowledges writes that no other region has: set mode to "semi-sync" or "group" for 0',
  ],
  [
    { mode: "group", rpoSeconds: 5 },
    'database.rpoSeconds is 5; must be 0 with mode "group"; it loses no acknowledged write',
  ],
])("%j is refused", (asked, message) => {
  expect(replicationProblems(asked, ["database"]).map(sentence)).toEqual([message]);
});

test("only a vote needs a member where nobody is served", () => {
  expect(replicationModes.filter(needsWitnessMember)).toEqual(["group"]);
});

test.each([
  ["async", 5, { mode: "async", rpoSeconds: "unbounded", rtoSeconds: 9 }],
  ["semi-sync", 5, { mode: "semi-sync", rpoSeconds: 0, rtoSeconds: 9 }],
  // The members' own vote takes longer than the lease.
  ["group", 5, { mode: "group", rpoSeconds: 0, rtoSeconds: 10 }],
  ["group", 10, { mode: "group", rpoSeconds: 0, rtoSeconds: 14 }],
] as const)("%s with a lease of %i s", (mode, leaseSeconds, promise) => {
  expect(promiseOf(mode, leaseSeconds)).toEqual(promise);
});

test("nobody takes over before the lease has run out, and a longer lease brings nobody back sooner", () => {
  const lease = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(fc.constantFrom(...replicationModes), lease, (mode, leaseSeconds) => {
      const seconds = recoverySeconds({ mode, leaseSeconds });
      expect(seconds).toBeGreaterThan(leaseSeconds);
      expect(recoverySeconds({ mode, leaseSeconds: leaseSeconds + 1 })).toBeGreaterThanOrEqual(seconds);
    }),
  );
});
