import { containerName, containersOf, fails, nameOf, podSpecOf, value } from "../manifest";
import type { ResourceRule } from "../rule";

const digest = /@sha256:[0-9a-f]{64}$/;

export const digestPinnedImages: ResourceRule = {
  kind: "resource",
  name: "digest-pinned-images",
  description: "Containers name their image by digest.",
  why: "A tag can be moved under a running deployment; a digest can't.",
  check: (resource) =>
    containersOf(podSpecOf(resource))
      .filter((container) => fails(container.image, (image) => image !== undefined && digest.test(image)))
      .map(
        (container) =>
          `${nameOf(resource.props)}: ${containerName(container)} has image ` +
          `"${value(container.image) ?? ""}"; must end in @sha256:<64 hex digits>: use the image's repoDigest`,
      ),
};
