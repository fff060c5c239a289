import { elements, input, textOf } from "../inputs";
import type { Resource, ResourceRule } from "../rule";

/** Where a resource says that it is, by region or zone. */
function placesOf(resource: Resource): string[] {
  const one = [input(resource, "availabilityZone"), input(resource, "region")];
  const several = elements(input(resource, "availabilityZones"));
  return [...one, ...several].map(textOf).filter((place) => place !== undefined);
}

export const ownRegion: ResourceRule = {
  kind: "resource",
  name: "own-region",
  description: "AWS resources are made by the provider of their region, never by a default one.",
  why: "A default provider works wherever the shell points: the second region's database would be in the first.",
  check: (resource) => {
    if (!resource.type.startsWith("aws:")) return [];
    const { name, provider } = resource;
    if (provider === undefined || provider.name.startsWith("default")) {
      return [
        `${name} is made by the default provider; must be that of its region: give its parent the provider`,
      ];
    }
    const region = textOf(provider.region);
    return placesOf(resource)
      .filter((place) => region !== undefined && !place.startsWith(region))
      .map(
        (place) =>
          `${name} is in ${place}, but made by ${provider.name} in ${region ?? ""}; must be in one region`,
      );
  },
};
