import type { types } from "@pulumi/kubernetes";
import { type Path, type Problem, show } from "../core";

type AutoscalerSpec = types.input.autoscaling.v2.HorizontalPodAutoscalerSpec;

/** A number of pods that stays as it is. */
export interface FixedScaling {
  readonly kind: "fixed";
  /** Two at least: one pod is an outage at every node drain. */
  readonly replicas: number;
}

/** A number of pods that follows the load; the autoscaler owns it and Pulumi never sets it. */
export interface CpuScaling {
  readonly kind: "cpu";
  /** Two at least: one pod is an outage at every node drain. */
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Mean use, in percent of the CPU that pods request, above which pods are added. */
  readonly targetCpuPercent: number;
  /**
   * Load must stay low for this long before pods are taken away.
   * @default 300
   */
  readonly scaleDownStabilizationSeconds?: number | undefined;
}

/** Who decides how many pods there are. */
export type Scaling = FixedScaling | CpuScaling;

/** What is wrong with a scaling beyond the range of each number. */
export function scalingProblems(scaling: Scaling, path: Path): Problem[] {
  if (scaling.kind === "fixed" || scaling.maxReplicas > scaling.minReplicas) return [];
  return [
    {
      path: [...path, "maxReplicas"],
      found: show(scaling.maxReplicas),
      allowed: `above minReplicas, which is ${scaling.minReplicas}`,
      fix: `raise it, or use kind "fixed" for a number that stays`,
    },
  ];
}

/**
 * The autoscaler's spec. Up at once and by as much as doubling every 15 s, since load does not wait; down by at most
 * half every 15 s and only after a calm, since load comes back.
 */
export function autoscalerSpec(deployment: string, scaling: CpuScaling): AutoscalerSpec {
  return {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployment },
    minReplicas: scaling.minReplicas,
    maxReplicas: scaling.maxReplicas,
    metrics: [
      {
        type: "Resource",
        resource: {
          name: "cpu",
          target: { type: "Utilization", averageUtilization: scaling.targetCpuPercent },
        },
      },
    ],
    behavior: {
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: "Max",
        policies: [
          { type: "Percent", value: 100, periodSeconds: 15 },
          { type: "Pods", value: 4, periodSeconds: 15 },
        ],
      },
      scaleDown: {
        stabilizationWindowSeconds: scaling.scaleDownStabilizationSeconds ?? 300,
        selectPolicy: "Max",
        policies: [{ type: "Percent", value: 50, periodSeconds: 15 }],
      },
    },
  };
}
