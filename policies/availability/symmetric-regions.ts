import { componentOf } from "../environment";
import { input } from "../inputs";
import { at, containersOf, type Field, nameOf, notYetKnown, podSpecOf, value } from "../manifest";
import type { Resource, StackRule } from "../rule";
import { whereaboutsOf } from "../workloads";

/** What takes traffic, and how much of it. */
const kinds = /^kubernetes:.*:(Deployment|HorizontalPodAutoscaler|PodDisruptionBudget|Service|StatefulSet)$/;
const sizes = ["spec.minReplicas", "spec.maxReplicas", "spec.replicas"];

/** What is compared of a region: by kind and name, how much there is of it. */
type Shape = ReadonlyMap<string, readonly Field<unknown>[]>;

const regionOf = (resource: Resource): string | undefined => value(whereaboutsOf(resource).region);

type Site = readonly [region: string, shape: Shape];

/** Without the region's own name: members and voters are named after theirs. */
const commonName = (resource: Resource): string =>
  nameOf(resource.props).replace(new RegExp(`-${regionOf(resource) ?? ""}(?=-|$)`), "");

const sizeOf = (resource: Resource): Field<unknown>[] => [
  ...sizes.map((size) => input(resource, size)),
  ...containersOf(podSpecOf(resource)).flatMap((container) => {
    const requests = at(container.resources, "requests");
    return [at(requests, "cpu"), at(requests, "memory")];
  }),
];

const shapeOf = (resources: readonly Resource[], region: string): Shape =>
  new Map(
    resources
      .filter((resource) => regionOf(resource) === region)
      .map((resource) => [
        `${resource.type.split(":").at(-1) ?? ""} ${commonName(resource)}`,
        sizeOf(resource),
      ]),
  );

const same = (one: Field<unknown>, other: Field<unknown>): boolean =>
  one === notYetKnown || other === notYetKnown || one === other;

/** What a region has that the other lacks. */
const lacking = ([here, mine]: Site, [there, theirs]: Site): string[] =>
  [...mine.keys()]
    .filter((object) => !theirs.has(object))
    .map((object) => `${object} is in region ${here}, and not in ${there}; must be in both`);

/** What both have, in another size. */
const unequal = ([here, mine]: Site, [there, theirs]: Site): string[] =>
  [...mine]
    .filter(([object, size]) => !size.every((each, index) => same(each, (theirs.get(object) ?? size)[index])))
    .map(
      ([object]) =>
        `${object} has other replicas or requests in region ${here} than in ${there}; must be alike`,
    );

/** A region that only votes serves nobody, and is compared with none. */
export const symmetricRegions: StackRule = {
  kind: "stack",
  name: "symmetric-regions",
  description: "All regions that serve have the same workloads, Services and budgets, of the same size.",
  why: "The region that is left must be able to do what the lost one did, as much of it, and in the same way.",
  check: (resources) => {
    const objects = resources.filter(({ type }) => kinds.test(type));
    // What has no name yet can't be missed.
    if (objects.some(({ props }) => at(props.metadata, "name") === notYetKnown)) return [];
    const serving = objects.filter((resource) => value(componentOf(resource)) === "service").map(regionOf);
    const regions = [...new Set(serving)].filter((region) => region !== undefined);
    const [first, ...others] = regions.map((region): Site => [region, shapeOf(objects, region)]);
    if (first === undefined) return [];
    return others.flatMap((other) => [
      ...lacking(first, other),
      ...lacking(other, first),
      ...unequal(first, other),
    ]);
  },
};
