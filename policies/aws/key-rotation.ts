import { atLeast, input, on, unmet } from "../inputs";
import type { ResourceRule } from "../rule";
import { wholeNumber } from "../setting";

const waitDays = wholeNumber("waitDays", "days between a key's deletion and its end, at least", {
  usual: 30,
  least: 7,
  most: 30,
});

/** Keys that only sign can't be rotated by AWS. */
const rotates = (usage: unknown): boolean => usage === undefined || usage === "ENCRYPT_DECRYPT";

export const keyRotation: ResourceRule = {
  kind: "resource",
  name: "key-rotation",
  description: "KMS keys are rotated each year, and stay for some weeks once they are deleted.",
  why: "A key that is never changed protects ever more with one secret; one deleted by mistake takes all data with it.",
  settings: [waitDays],
  check: (resource, read) => {
    const wait = atLeast("deletionWindowInDays", read(waitDays));
    switch (resource.type) {
      case "aws:kms/key:Key":
        return unmet(
          resource,
          rotates(input(resource, "keyUsage")) ? [on("enableKeyRotation"), wait] : [wait],
        );
      case "aws:kms/replicaKey:ReplicaKey":
        return unmet(resource, [wait]);
      default:
        return [];
    }
  },
};
