import { elements, input, textOf } from "../inputs";
import type { Resource, ResourceRule } from "../rule";
import { texts } from "../setting";

const elsewhere = texts("elsewhere", "regions that a resource may name by itself", ["us-east-1"]);

/** Where a resource says that it is, by region or zone. Route 53 tells its figures in one region and in no other. */
function placesOf(resource: Resource, allowed: readonly string[]): string[] {
  const region = textOf(input(resource, "region"));
  const zones = [input(resource, "availabilityZone"), ...elements(input(resource, "availabilityZones"))];
  const named = region === undefined || allowed.includes(region) ? [] : [region];
  return [...named, ...zones.map(textOf).filter((place) => place !== undefined)];
}

export const ownRegion: ResourceRule = {
  kind: "resource",
  name: "own-region",
  description: "AWS resources are made by the provider of their region, never by a default one.",
  why: "A default provider works wherever the shell points: the second region's database would be in the first.",
  settings: [elsewhere],
  check: (resource, read) => {
    if (!resource.type.startsWith("aws:")) return [];
    const { name, provider } = resource;
    if (provider === undefined || provider.name.startsWith("default")) {
      return [
        `${name} is made by the default provider; must be that of its region: give its parent the provider`,
      ];
    }
    const region = textOf(provider.region);
    return placesOf(resource, read(elsewhere))
      .filter((place) => region !== undefined && !place.startsWith(region))
      .map(
        (place) =>
          `${name} is in ${place}, but made by ${provider.name} in ${region ?? ""}; must be in one region`,
      );
  },
};
