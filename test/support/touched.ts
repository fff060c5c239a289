import type { Registered, Run } from "./program";

/** A run's resources by name. */
export const byName = ({ resources }: Run): Map<string, Registered> =>
  new Map(resources.map((resource) => [resource.name, resource]));

/** Names of the resources whose inputs differ between two runs. */
export function touched(before: Run, after: Run): string[] {
  const [old, now] = [byName(before), byName(after)];
  const names = new Set([...old.keys(), ...now.keys()]);
  const inputs = (resource: Registered | undefined) => JSON.stringify(resource?.inputs);
  return [...names].filter((name) => inputs(old.get(name)) !== inputs(now.get(name))).sort();
}
