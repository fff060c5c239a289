import { input, present, textOf, unmet } from "../inputs";
import type { ResourceRule } from "../rule";
import { texts } from "../setting";

const policies = texts("policies", "beginnings of the names of TLS policies that may be used", [
  "ELBSecurityPolicy-TLS13-1-2",
  "ELBSecurityPolicy-TLS13-1-3",
]);

export const encryptedListeners: ResourceRule = {
  kind: "resource",
  name: "encrypted-listeners",
  description: "Load balancers listen with TLS 1.2 or newer.",
  why: "What goes over the internet in clear is read and altered on its way.",
  settings: [policies],
  check: (resource, read) => {
    if (resource.type !== "aws:lb/listener:Listener") return [];
    // A listener that only sends clients to the encrypted one says nothing worth hiding.
    if (input(resource, "defaultActions.0.type") === "redirect") return [];
    return unmet(resource, [
      {
        path: "protocol",
        holds: (protocol) => protocol === "TLS" || protocol === "HTTPS",
        allowed: '"TLS" or "HTTPS"',
      },
      present("certificateArn", "that of a certificate"),
      {
        path: "sslPolicy",
        holds: (policy) => read(policies).some((start) => textOf(policy)?.startsWith(start) === true),
        allowed: `one that begins with ${read(policies).join(" or ")}`,
      },
    ]);
  },
};
