import { input } from "../inputs";
import { fails } from "../manifest";
import type { Resource, StackRule } from "../rule";

/** Counted by provider: which VPC a log is of is not known before the VPC is there. */
const inRegionOf =
  (vpc: Resource) =>
  (log: Resource): boolean =>
    log.provider?.name === vpc.provider?.name && !fails(input(log, "vpcId"), (id) => id !== undefined);

const logsAll = (log: Resource): boolean => !fails(input(log, "trafficType"), (type) => type === "ALL");

export const flowLogs: StackRule = {
  kind: "stack",
  name: "flow-logs",
  description: "Every VPC logs all its traffic.",
  why: "What went where is asked after an incident, when it is too late to begin.",
  check: (resources) => {
    const vpcs = resources.filter(({ type }) => type === "aws:ec2/vpc:Vpc");
    const logs = resources.filter(({ type }) => type === "aws:ec2/flowLog:FlowLog").filter(logsAll);
    return vpcs
      .filter((vpc) => {
        const neighbours = vpcs.filter((each) => each.provider?.name === vpc.provider?.name);
        return logs.filter(inRegionOf(vpc)).length < neighbours.length;
      })
      .map(({ name }) => `${name} has no flow log; must have one with trafficType ALL`);
  },
};
