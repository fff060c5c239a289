import fc from "fast-check";
import { detectionSeconds, type ProbeTiming, sentence } from "../../../components/core";
import { probeProblems, probes } from "../../../components/workload";

const questions = {
  alive: { httpGet: { path: "/health", port: 1 } },
  ready: { httpGet: { path: "/ready", port: 1 } },
};

test("by default a pod is out of traffic in 5 s and restarted in 20 s", () => {
  const { startupProbe, livenessProbe, readinessProbe } = probes(questions);
  expect(detectionSeconds(readinessProbe as ProbeTiming)).toBe(5);
  expect(detectionSeconds(livenessProbe as ProbeTiming)).toBe(20);
  expect(detectionSeconds(startupProbe as ProbeTiming)).toBe(30);
  expect(livenessProbe).toMatchObject({ httpGet: { path: "/health" }, terminationGracePeriodSeconds: 1 });
  expect(readinessProbe).toMatchObject({ httpGet: { path: "/ready" } });
});

test("whatever the budgets, they are met, and a pod leaves traffic before it is restarted", () => {
  const seconds = fc.integer({ min: 1, max: 120 });
  fc.assert(
    fc.property(seconds, seconds, seconds, (startupSeconds, unreadySeconds, hungSeconds) => {
      const budgets = { startupSeconds, unreadySeconds, hungSeconds };
      fc.pre(probeProblems(budgets, []).length === 0);
      const made = probes(questions, budgets);
      expect(detectionSeconds(made.startupProbe as ProbeTiming)).toBeLessThanOrEqual(startupSeconds);
      expect(detectionSeconds(made.livenessProbe as ProbeTiming)).toBeLessThanOrEqual(hungSeconds);
      expect(detectionSeconds(made.readinessProbe as ProbeTiming)).toBeLessThanOrEqual(unreadySeconds);
      expect(unreadySeconds).toBeLessThan(hungSeconds);
    }),
  );
});

test("budgets that can't be met are refused", () => {
  const budgets = { startupSeconds: 1, unreadySeconds: 2, hungSeconds: 3 };
  expect(probeProblems(budgets, ["probes"]).map(sentence)).toEqual([
    "probes.startupSeconds is 1; must be at least 2; no probe can tell sooner",
    "probes.unreadySeconds is 2; must be at least 3; no probe can tell sooner",
    "probes.hungSeconds is 3; must be at least 5; a pod must be out of traffic before it is restarted",
  ]);
});
