import { containerName, containersOf, nameOf, podSpecOf, value } from "../manifest";
import type { ResourceRule } from "../rule";
import { texts } from "../setting";

const registries = texts(
  "registries",
  "beginnings of the images that may run; any image where it is empty",
  [],
);

export const knownRegistries: ResourceRule = {
  kind: "resource",
  name: "known-registries",
  description: "Containers run images from the stack's own registries.",
  why: "An image from elsewhere was scanned by nobody, and is away when its registry is.",
  settings: [registries],
  check: (resource, read) => {
    const known = read(registries);
    return containersOf(podSpecOf(resource))
      .filter(({ image }) => known.length > 0 && value(image) !== undefined)
      .filter(({ image }) => !known.some((start) => value(image)?.startsWith(start) === true))
      .map(
        (container) =>
          `${nameOf(resource.props)}: ${containerName(container)} has image "${value(container.image) ?? ""}"; must ` +
          `begin with ${known.join(" or ")}`,
      );
  },
};
