import { elements, input, unmet, present } from "../inputs";
import type { ResourceRule } from "../rule";

/** Ways to answer with one of several records. */
const choices = [
  "failoverRoutingPolicies",
  "geolocationRoutingPolicies",
  "latencyRoutingPolicies",
  "weightedRoutingPolicies",
];

export const recordsHealthChecked: ResourceRule = {
  kind: "resource",
  name: "records-health-checked",
  description: "Every record that Route 53 chooses among has a health check.",
  why: "A record without one is healthy for ever: clients would be sent into a region that is gone.",
  check: (resource) => {
    if (resource.type !== "aws:route53/record:Record") return [];
    const isChosen =
      choices.some((choice) => elements(input(resource, choice)).length > 0) ||
      input(resource, "multivalueAnswerRoutingPolicy") === true;
    return isChosen ? unmet(resource, [present("healthCheckId", "that of its region's health check")]) : [];
  },
};
