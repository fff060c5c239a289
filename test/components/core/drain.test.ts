import fc from "fast-check";
import { drainPlan, drainProblems, sentence } from "../../../components/core";

const seconds = fc.integer({ min: 1, max: 300 });

test("a pod serves until the router has forgotten it, and is not killed before it is done", () => {
  fc.assert(
    fc.property(
      seconds,
      seconds,
      fc.option(seconds, { nil: undefined }),
      (forgetSeconds, requestSeconds, drainSeconds) => {
        fc.pre(drainProblems({ forgetSeconds, drainSeconds }, []).length === 0);
        const plan = drainPlan({ forgetSeconds, requestSeconds, drainSeconds });
        expect(plan.preStopSeconds).toBeGreaterThan(forgetSeconds);
        expect(plan.shutdownSeconds).toBeGreaterThanOrEqual(requestSeconds);
        expect(plan.terminationGraceSeconds).toBeGreaterThan(
          plan.preStopSeconds + plan.drainSeconds + plan.shutdownSeconds,
        );
      },
    ),
  );
});

test("left out, the drain is as short as may be", () => {
  expect(drainPlan({ forgetSeconds: 8, requestSeconds: 5 })).toEqual({
    preStopSeconds: 9,
    drainSeconds: 1,
    shutdownSeconds: 5,
    terminationGraceSeconds: 20,
  });
});

test("a drain no longer than the router's memory is refused", () => {
  expect(
    drainProblems({ forgetSeconds: 8, drainSeconds: 8 }, ["service", "drainSeconds"]).map(sentence),
  ).toEqual([
    "service.drainSeconds is 8; must be at least 9; " +
      "the router needs up to 8 s to forget a pod: raise it, or leave it out for 9",
  ]);
});
