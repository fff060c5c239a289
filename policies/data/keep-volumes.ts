import { componentOf } from "../environment";
import { elements, input, shown } from "../inputs";
import { fails, nameOf, notYetKnown, value } from "../manifest";
import type { Resource, ResourceRule } from "../rule";
import { texts } from "../setting";

const components = texts("components", "components that keep state on volumes", ["database", "quorum"]);

const policy = "spec.persistentVolumeClaimRetentionPolicy";

/** Kubernetes keeps claims where nothing is said. */
const deletes = (resource: Resource, event: string): boolean =>
  fails(input(resource, `${policy}.${event}`), (what) => what === "Retain" || what === undefined);

export const keepVolumes: ResourceRule = {
  kind: "resource",
  name: "keep-volumes",
  description:
    "Databases and voters keep their state on volumes, which outlive their pods and their StatefulSet.",
  why: "A scratch directory is gone with its pod, and a deleted claim with its data.",
  settings: [components],
  check: (resource, read) => {
    const isWorkload = /:(Deployment|StatefulSet)$/.test(resource.type);
    const component = isWorkload ? value(componentOf(resource)) : undefined;
    if (component === undefined || !read(components).includes(component)) return [];
    const name = nameOf(resource.props);
    const claims = input(resource, "spec.volumeClaimTemplates");
    return [
      ...(claims === notYetKnown || elements(claims).length > 0
        ? []
        : [`${name} has no volumeClaimTemplates; must keep its state on a volume`]),
      ...["whenDeleted", "whenScaled"]
        .filter((event) => deletes(resource, event))
        .map(
          (event) =>
            `${name}: ${policy}.${event} is ${shown(input(resource, `${policy}.${event}`))}; must be Retain`,
        ),
    ];
  },
};
