import fc from "fast-check";
import { detectionSeconds, leastBudgetSeconds, probeTiming } from "../../../components/core";

const patience = fc.record({
  failures: fc.integer({ min: 1, max: 30 }),
  timeoutSeconds: fc.integer({ min: 1, max: 10 }),
});

test("a probe detects within its budget, and asks no more often than that takes", () => {
  fc.assert(
    fc.property(patience, fc.integer({ min: 0, max: 300 }), (how, spare) => {
      const budget = leastBudgetSeconds(how) + spare;
      const timing = probeTiming(budget, how);
      expect(detectionSeconds(timing)).toBeLessThanOrEqual(budget);
      expect(detectionSeconds({ ...timing, periodSeconds: timing.periodSeconds + 1 })).toBeGreaterThan(
        budget,
      );
      expect(timing.failureThreshold).toBe(how.failures);
    }),
  );
});

test("a budget nobody can meet gets the quickest timing", () => {
  expect(probeTiming(0, { failures: 3, timeoutSeconds: 2 })).toEqual({
    periodSeconds: 1,
    timeoutSeconds: 2,
    failureThreshold: 3,
  });
});
