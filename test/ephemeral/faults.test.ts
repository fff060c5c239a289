import { faultNames, plan } from "./faults";

test("every second run has a fault, and twenty runs have each of them", () => {
  const planned = plan(20, 7).map(({ fault }) => fault);
  expect(planned.filter((fault) => fault === undefined)).toHaveLength(10);
  expect(new Set(planned.filter((fault) => fault !== undefined))).toEqual(new Set(faultNames));
});

test("the same seed gives the same moments, another one others", () => {
  expect(plan(20, 7)).toEqual(plan(20, 7));
  expect(plan(20, 8)).not.toEqual(plan(20, 7));
  for (const { moment } of plan(1000, 7)) {
    expect(moment).toBeGreaterThanOrEqual(0);
    expect(moment).toBeLessThan(1);
  }
});

test("faults may be asked for", () => {
  const asked = ["kill-all", "none"];
  expect(plan(3, 7, asked).map(({ fault }) => fault)).toEqual(["kill-all", undefined, "kill-all"]);
});
