import { at, type Container, containersOf, type Field, notYetKnown, podSpecOf, value } from "./manifest";
import type { Resource } from "./rule";
import { componentLabel } from "./workloads";

/** The part in the system that a workload's pods say they are. */
export const componentOf = (resource: Resource): Field<string> =>
  at(at(at(at(resource.props.spec, "template"), "metadata"), "labels"), componentLabel);

/** True when a resource runs pods of a component. */
export const runs = (resource: Resource, component: string): boolean =>
  podSpecOf(resource) !== undefined && value(componentOf(resource)) === component;

/** A variable of a container; not yet known where an entry without a known name may be it. */
export function variable({ env }: Container, name: string): Field<string> {
  if (env === notYetKnown) return notYetKnown;
  const entries = env ?? [];
  const entry = entries.find((each) => value(each.name) === name);
  if (entry !== undefined) return entry.value;
  return entries.some((each) => each.name === notYetKnown) ? notYetKnown : undefined;
}

/** A variable of whichever container of a workload has it. */
export function variableOf(resource: Resource, name: string): Field<string> {
  const found = containersOf(podSpecOf(resource)).map((container) => variable(container, name));
  return found.find((each) => each !== undefined);
}
