import { listAt, namespaceOf, textAt } from "../fields";
import { TEN_MINUTES } from "../decision";
import type { AwaitedKind, Decision, Snapshot } from "../decision";
import type { KubernetesObject } from "../types";

/** How long a Service that a rule names may be missing before it is only warned of. */
const SERVICES_GRACE_MS = 10_000;

/** An Ingress is ready when the Services its rules name exist and its controller has given it an address. */
export const ingress: AwaitedKind = {
  timeoutSeconds: TEN_MINUTES,
  checkedOnRead: true,
  related: (object) => {
    const names = new Set(rulesOf(object).map((rule) => rule.service));
    const ref = { apiVersion: "v1", kind: "Service", ...namespaceOf(object) };
    return [{ name: "services", refs: [ref], keep: (candidate) => names.has(candidate.metadata.name) }];
  },
  decide: decideIngress,
};

interface Rule {
  readonly route: string;
  readonly service: string;
}

function decideIngress(snapshot: Snapshot): Decision {
  const known = new Set(snapshot.related("services").map((found) => found.metadata.name));
  const missing = rulesOf(snapshot.object).filter((rule) => !known.has(rule.service));
  const settled = missing.length === 0 || snapshot.quietMs >= SERVICES_GRACE_MS;
  const addressed = listAt(snapshot.object, "status", "loadBalancer", "ingress").length > 0;
  const warnings = settled
    ? missing.map((rule) => `No matching service found for ingress rule: ${rule.route} -> "${rule.service}"`)
    : [];
  if (settled && addressed) return { ready: true, status: "Ingress initialization complete", warnings };
  return {
    ready: false,
    warnings,
    status: settled
      ? "[2/3] Waiting for update of .status.loadBalancer with hostname/IP"
      : "[1/3] Finding a matching service for each Ingress path",
    failures: failuresOf(settled, addressed),
    ...(settled ? {} : { recheckMs: SERVICES_GRACE_MS - snapshot.quietMs }),
  };
}

function failuresOf(settled: boolean, addressed: boolean): string[] {
  return [
    ...(settled ? [] : ["Ingress has at least one rule with an unavailable target endpoint."]),
    ...(addressed ? [] : ["Ingress .status.loadBalancer field was not updated with a hostname/IP address."]),
  ];
}

function rulesOf(object: KubernetesObject): Rule[] {
  return listAt(object, "spec", "rules").flatMap((rule) =>
    listAt(rule, "http", "paths").flatMap((path) => {
      const service = textAt(path, "backend", "service", "name");
      if (service === undefined) return [];
      const route = (textAt(rule, "host") ?? "") + (textAt(path, "path") ?? "");
      return { service, route: route === "" ? '"" (default path)' : `"${route}"` };
    }),
  );
}
