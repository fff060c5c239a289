import { input, off, textOf, unmet } from "../inputs";
import type { ResourceRule } from "../rule";
import { texts } from "../setting";

const paths = texts("paths", "paths at which a region tells its health", ["/region-health"]);

export const healthChecksAskRegion: ResourceRule = {
  kind: "resource",
  name: "health-checks-ask-region",
  description:
    "Route 53's health checks ask region-health over TLS, and are neither switched off nor inverted.",
  why: "Only that answer follows the lease: by any other, DNS and the database could disagree on who serves.",
  settings: [paths],
  check: (resource, read) => {
    if (resource.type !== "aws:route53/healthCheck:HealthCheck") return [];
    const isCalculated = ["CALCULATED", "CLOUDWATCH_METRIC"].includes(textOf(input(resource, "type")) ?? "");
    const asks = [
      {
        path: "type",
        holds: (type: unknown) => type === "HTTPS" || type === "HTTPS_STR_MATCH",
        allowed: '"HTTPS"',
      },
      {
        path: "resourcePath",
        holds: (path: unknown) => read(paths).some((each) => each === path),
        allowed: read(paths).join(" or "),
      },
    ];
    return unmet(resource, [off("disabled"), off("invertHealthcheck"), ...(isCalculated ? [] : asks)]);
  },
};
