import { elements, input, textOf } from "../inputs";
import type { Resource, ResourceRule } from "../rule";
import { texts } from "../setting";

const shared = texts("shared", "regions where AWS keeps what belongs to none, such as figures of Route 53", [
  "us-east-1",
]);

/** Where a resource says that it is, by region or zone. */
function placesOf(resource: Resource, exempt: readonly string[]): string[] {
  const region = textOf(input(resource, "region"));
  const zones = [input(resource, "availabilityZone"), ...elements(input(resource, "availabilityZones"))];
  return [region !== undefined && exempt.includes(region) ? undefined : region, ...zones.map(textOf)].filter(
    (place) => place !== undefined,
  );
}

export const ownRegion: ResourceRule = {
  kind: "resource",
  name: "own-region",
  description: "AWS resources are made by the provider of their region, never by a default one.",
  why: "A default provider works wherever the shell points: the second region's database would be in the first.",
  settings: [shared],
  check: (resource, read) => {
    if (!resource.type.startsWith("aws:")) return [];
    const { name, provider } = resource;
    if (provider === undefined || provider.name.startsWith("default")) {
      return [
        `${name} is made by the default provider; must be that of its region: give its parent the provider`,
      ];
    }
    const region = textOf(provider.region);
    return placesOf(resource, read(shared))
      .filter((place) => region !== undefined && !place.startsWith(region))
      .map(
        (place) =>
          `${name} is in ${place}, but made by ${provider.name} in ${region ?? ""}; must be in one region`,
      );
  },
};
