import { runs } from "../environment";
import { fails, nameOf, value } from "../manifest";
import type { Resource, ResourceRule } from "../rule";
import { etcdArgument } from "../voters";

const allEncrypted = (urls: string | undefined): boolean =>
  (urls ?? "").split(",").every((url) => url.startsWith("https://"));
const isTrue = (flag: string | undefined): boolean => flag === "true";

const wanted: readonly [name: string, holds: (found: string | undefined) => boolean, allowed: string][] = [
  ["client-cert-auth", isTrue, "true"],
  ["peer-client-cert-auth", isTrue, "true"],
  ["listen-client-urls", allEncrypted, "https:// everywhere"],
  ["listen-peer-urls", allEncrypted, "https:// everywhere"],
];

const isVoter = (resource: Resource): boolean =>
  resource.type.endsWith(":StatefulSet") && runs(resource, "quorum");

export const authenticatedVoters: ResourceRule = {
  kind: "resource",
  name: "authenticated-voters",
  description: "etcd listens with TLS and asks peers and clients for a certificate.",
  why: "Who writes a lease decides who writes the database.",
  check: (resource) =>
    (isVoter(resource) ? wanted : []).flatMap(([name, holds, allowed]) => {
      const found = etcdArgument(resource, name);
      return fails(found, holds)
        ? [`${nameOf(resource.props)}: --${name} is ${value(found) ?? "missing"}; must be ${allowed}`]
        : [];
    }),
};
