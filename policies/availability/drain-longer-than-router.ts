import { at, type Container, containerName, fails, type Field, value } from "../manifest";
import type { StackRule } from "../rule";
import { together, type Workload, workloadsOf } from "../workloads";

/** Written on a router: the longest, in seconds, until it sends nothing more to a pod that has begun to leave. */
export const forgetAnnotation = "twinstack.dev/forget-seconds";

/** What Kubernetes gives a pod that does not say. */
const defaultGraceSeconds = 30;

const wholeNumber = /^\d+$/;

const forgetOf = ({ annotations }: Workload): Field<string> => at(annotations, forgetAnnotation);
const sleepOf = ({ lifecycle }: Container): Field<number> =>
  at(at(at(lifecycle, "preStop"), "sleep"), "seconds");

/** What a router says, where it says it well. */
function forgetSecondsOf(router: Workload): number | undefined {
  const said = value(forgetOf(router));
  return said !== undefined && wholeNumber.test(said) ? Number(said) : undefined;
}

function unsaid(router: Workload): string[] {
  return fails(forgetOf(router), (seconds) => wholeNumber.test(seconds ?? ""))
    ? [
        `${router.name}: annotation ${forgetAnnotation} is ${value(forgetOf(router)) ?? "missing"}; must be the ` +
          "whole seconds until it sends nothing more to a pod that leaves",
      ]
    : [];
}

function tooShort(workload: Workload, container: Container, router: Workload): string[] {
  const forget = forgetSecondsOf(router);
  const sleep = sleepOf(container);
  return forget !== undefined && fails(sleep, (seconds) => (seconds ?? 0) > forget)
    ? [
        `${workload.name}: ${containerName(container)} has preStop.sleep.seconds ${value(sleep) ?? "missing"}; ` +
          `must be above ${forget}, the seconds in which ${router.name} forgets it, or it refuses requests`,
      ]
    : [];
}

function killedWhileAsleep({ name, pod }: Workload, container: Container): string[] {
  const sleep = value(sleepOf(container)) ?? 0;
  const grace = pod?.terminationGracePeriodSeconds;
  return fails(grace, (seconds) => (seconds ?? defaultGraceSeconds) > sleep)
    ? [
        `${name}: terminationGracePeriodSeconds is ${value(grace) ?? defaultGraceSeconds}; must be above ${sleep}, ` +
          `the preStop.sleep.seconds of ${containerName(container)}, or it is killed with requests in flight`,
      ]
    : [];
}

export const drainLongerThanRouter: StackRule = {
  kind: "stack",
  name: "drain-longer-than-router",
  description:
    "Pods behind a router serve for longer than it takes to forget them, and are killed only after that.",
  why: "A pod that stops while its router still sends refuses requests: each rollout and each calm would cost some.",
  check: (resources) => {
    const workloads = workloadsOf(resources);
    const routers = workloads.filter(({ component }) => value(component) === "router");
    const behind = workloads.filter(({ component }) => value(component) === "service");
    const drains = behind.flatMap((workload) =>
      (value(workload.pod?.containers) ?? []).flatMap((container) => [
        ...routers
          .filter((router) => together(router.where, workload.where))
          .flatMap((router) => tooShort(workload, container, router)),
        ...killedWhileAsleep(workload, container),
      ]),
    );
    return [...routers.flatMap(unsaid), ...drains];
  },
};
