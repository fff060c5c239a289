import { at, containerName, containersOf, fails, nameOf, podSpecOf } from "../manifest";
import type { ResourceRule } from "../rule";

export const readOnlyRoot: ResourceRule = {
  kind: "resource",
  name: "read-only-root",
  description: "Containers have a read-only root file system.",
  why: "A writable root lets an intruder keep tools; scratch space belongs in an emptyDir.",
  check: (resource) =>
    containersOf(podSpecOf(resource))
      .filter((container) =>
        fails(at(container.securityContext, "readOnlyRootFilesystem"), (flag) => flag === true),
      )
      .map(
        (container) =>
          `${nameOf(resource.props)}: ${containerName(container)} has a writable root file system; ` +
          "set securityContext.readOnlyRootFilesystem to true and mount an emptyDir where it writes",
      ),
};
