import { containerName, containersOf, nameOf, podSpecOf, value } from "../manifest";
import type { ResourceRule } from "../rule";

/** Tag of an image reference: undefined where it has a digest, `latest` where it has neither. */
function floatingTag(reference: string): string | undefined {
  if (reference.includes("@")) return undefined;
  const lastSegment = reference.slice(reference.lastIndexOf("/") + 1);
  return lastSegment.includes(":") ? lastSegment.slice(lastSegment.indexOf(":") + 1) : "latest";
}

export const noLatestTag: ResourceRule = {
  kind: "resource",
  name: "no-latest-tag",
  description: "No image is built, pushed or run under the tag latest.",
  why: "`latest` says nothing of what runs, and differs from node to node.",
  check: (resource) => {
    const run = containersOf(podSpecOf(resource)).map((container) => ({
      where: `${nameOf(resource.props)}: ${containerName(container)} has image`,
      reference: value(container.image),
    }));
    const built = resource.type.startsWith("docker:")
      ? [{ where: `${resource.name}: imageName is`, reference: value(resource.props.imageName) }]
      : [];
    return [...run, ...built]
      .filter(({ reference }) => reference !== undefined && floatingTag(reference) === "latest")
      .map(({ where, reference }) => `${where} "${reference ?? ""}"; must have a version tag or a digest`);
  },
};
