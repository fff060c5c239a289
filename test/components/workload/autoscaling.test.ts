import { sentence } from "../../../components/core";
import { autoscalerSpec, type CpuScaling, scalingProblems } from "../../../components/workload";

const scaling: CpuScaling = { kind: "cpu", minReplicas: 2, maxReplicas: 10, targetCpuPercent: 50 };

test("the autoscaler follows the CPU between its bounds", () => {
  expect(autoscalerSpec("web-stable", scaling)).toMatchObject({
    scaleTargetRef: { kind: "Deployment", name: "web-stable" },
    minReplicas: 2,
    maxReplicas: 10,
    metrics: [{ resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } }],
  });
});

test("it adds pods at once and takes them away after a calm", () => {
  expect(autoscalerSpec("web", scaling).behavior).toMatchObject({
    scaleUp: { stabilizationWindowSeconds: 0 },
    scaleDown: { stabilizationWindowSeconds: 300 },
  });
  const short = autoscalerSpec("web", { ...scaling, scaleDownStabilizationSeconds: 60 });
  expect(short.behavior).toMatchObject({ scaleDown: { stabilizationWindowSeconds: 60 } });
});

test("bounds that meet are refused", () => {
  expect(scalingProblems({ ...scaling, maxReplicas: 2 }, ["scaling"]).map(sentence)).toEqual([
    "scaling.maxReplicas is 2; must be above minReplicas, which is 2; " +
      'raise it, or use kind "fixed" for a number that stays',
  ]);
  expect(scalingProblems({ kind: "fixed", replicas: 2 }, ["scaling"])).toEqual([]);
});
