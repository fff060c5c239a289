import { elements, input } from "../inputs";
import { fails } from "../manifest";
import type { ResourceRule } from "../rule";

export const alarmsNotify: ResourceRule = {
  kind: "resource",
  name: "alarms-notify",
  description: "Alarms tell somebody.",
  why: "An alarm without an action goes off unheard.",
  check: (resource) => {
    if (!/^aws:cloudwatch\/(metricAlarm:MetricAlarm|compositeAlarm:CompositeAlarm)$/.test(resource.type))
      return [];
    const actions = input(resource, "alarmActions");
    return [
      ...(fails(actions, () => elements(actions).length > 0)
        ? [`${resource.name}: alarmActions is empty; must name a topic that somebody reads`]
        : []),
      ...(fails(input(resource, "actionsEnabled"), (flag) => flag !== false)
        ? [`${resource.name}: actionsEnabled is false; must be true, or left out`]
        : []),
    ];
  },
};
