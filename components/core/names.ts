import { createHash } from "node:crypto";
import { type Problem, type Path, show } from "./errors";

/** Longest name of a region or a backend: leaves room for what Kubernetes appends to an object's name. */
export const longestName = 30;

/** Longest name of a namespace or a Service in Kubernetes. */
const longestLabel = 63;

const dnsLabel = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;

/** What a name may be, in words. */
export const nameRule = (longest: number): string =>
  `1 to ${longest} lower-case letters, digits and inner hyphens that start with a letter`;

/** True when `name` can be part of every object's name, label and DNS entry. */
export const isName = (name: string, longest: number = longestName): boolean =>
  name.length <= longest && dnsLabel.test(name);

/** What is wrong with a region's or backend's name. */
export function nameProblems(name: string, path: Path): Problem[] {
  return isName(name)
    ? []
    : [{ path, found: `named ${show(name)}`, allowed: `named with ${nameRule(longestName)}` }];
}

/** The namespace a stack lives in: `<project>-<stack>`, the same in every region. */
export const namespaceOf = (project: string, stack: string): string => `${project}-${stack}`;

/** What is wrong with a stack whose name has to become part of a namespace. */
export function stackNameProblems(project: string, stack: string): Problem[] {
  const longest = longestLabel - namespaceOf(project, "").length;
  return isName(namespaceOf(project, stack), longestLabel)
    ? []
    : [
        {
          path: ["stack"],
          found: `named ${show(stack)}`,
          allowed: `named with 1 to ${longest} lower-case letters, digits and inner hyphens`,
          fix: "it is part of the namespace's name: rename it with `pulumi stack rename`",
        },
      ];
}

/** The name a Service answers to inside its cluster. */
export const serviceHost = (name: string, namespace: string): string =>
  `${name}.${namespace}.svc.cluster.local`;

const hashDigits = 8;

/** The name if it is short enough; otherwise its beginning and a hash, so that long names stay different ones. */
export function shortened(name: string, longest: number): string {
  if (name.length <= longest) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, hashDigits);
  return `${name.slice(0, longest - hashDigits - 1).replace(/-+$/, "")}-${hash}`;
}
