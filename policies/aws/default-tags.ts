import { providerSetting } from "../inputs";
import { notYetKnown } from "../manifest";
import type { ResourceRule } from "../rule";
import { texts } from "../setting";

const tags = texts("tags", "tags that every resource must carry", ["twinstack.dev/stack"]);

export const defaultTags: ResourceRule = {
  kind: "resource",
  name: "default-tags",
  description: "AWS providers put the stack's tags on everything they make.",
  why: "What has no owner is found by nobody: not by an inventory, not on a bill, not by whoever cleans up.",
  settings: [tags],
  check: (resource, read) => {
    if (resource.type !== "pulumi:providers:aws") return [];
    const found = providerSetting(resource, "defaultTags.tags");
    const carried = typeof found === "object" && found !== null ? Object.keys(found) : [];
    const missing = read(tags).filter((tag) => !carried.includes(tag));
    return found === notYetKnown || missing.length === 0
      ? []
      : [`${resource.name}: defaultTags.tags lacks ${missing.join(", ")}; must have it`];
  },
};
