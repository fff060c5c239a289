import { isUncertain } from "../inputs";
import { at, type Container, containerName, containersOf, fails, nameOf, podSpecOf } from "../manifest";
import type { ResourceRule } from "../rule";

function problemsOf(container: Container): string[] {
  const context = container.securityContext;
  const problems: string[] = [];
  if (fails(at(context, "privileged"), (flag) => flag !== true)) {
    problems.push("is privileged; remove securityContext.privileged");
  }
  if (fails(at(context, "allowPrivilegeEscalation"), (flag) => flag === false)) {
    problems.push("may escalate privileges; set securityContext.allowPrivilegeEscalation to false");
  }
  if (
    fails(
      at(at(context, "capabilities"), "drop"),
      (drop) => isUncertain(drop) || drop?.includes("ALL") === true,
    )
  ) {
    problems.push('keeps Linux capabilities; set securityContext.capabilities.drop to ["ALL"]');
  }
  if (fails(at(at(context, "capabilities"), "add"), (add) => (add ?? []).length === 0)) {
    problems.push("adds Linux capabilities; remove securityContext.capabilities.add");
  }
  return problems;
}

export const dropPrivileges: ResourceRule = {
  kind: "resource",
  name: "drop-privileges",
  description: "Containers drop all capabilities and can't gain privileges.",
  why: "A web service needs no capability; each one kept is a way out of the container.",
  check: (resource) =>
    containersOf(podSpecOf(resource)).flatMap((container) =>
      problemsOf(container).map(
        (problem) => `${nameOf(resource.props)}: ${containerName(container)} ${problem}`,
      ),
    ),
};
