import { type FieldPath, isNamed, isRecord, member } from "./values";

/** A field that somebody wrote by hand, and that no program declares. */
export interface HandWritten {
  readonly path: FieldPath;
  readonly value: unknown;
  /** Who the API server says wrote it, such as `kubectl-edit`. */
  readonly manager: string;
}

/** What `kubectl rollout restart` leaves behind: pods were started anew, and nothing else differs. */
const restarted = "kubectl.kubernetes.io/restartedAt";

/**
 * Fields of a live object that kubectl wrote and the program's inputs don't have: a refresh compares declared fields
 * only. Controllers, autoscalers and stewards write under other names, and replicas through the subresource `scale`.
 */
export function handWritten(live: unknown, inputs: unknown): HandWritten[] {
  const entries = member(member(live, "metadata"), "managedFields");
  return (Array.isArray(entries) ? entries : []).flatMap((entry: unknown) => {
    const manager = member(entry, "manager");
    if (typeof manager !== "string" || !manager.startsWith("kubectl")) return [];
    if (member(entry, "subresource") !== undefined) return [];
    return undeclared(member(entry, "fieldsV1"), live, inputs, []).map((field) => ({ ...field, manager }));
  });
}

/** Leaves of a set of owned fields that the inputs don't have, with what stands there. */
function undeclared(
  owned: unknown,
  live: unknown,
  inputs: unknown,
  path: FieldPath,
): Omit<HandWritten, "manager">[] {
  if (live === undefined || path.at(-1) === restarted) return [];
  const steps = isRecord(owned) ? Object.keys(owned).filter((step) => step !== ".") : [];
  // A whole member of a list is told once, and not field by field.
  const whole = steps.length === 0 || isNamed(path.at(-1));
  if (whole && inputs === undefined) return [{ path, value: live }];
  return steps.sort().flatMap((step) => {
    const into = stepInto(step);
    return into === undefined
      ? []
      : undeclared(member(owned, step), into.of(live), into.of(inputs), [...path, into.name]);
  });
}

/** How a step of owned fields, `f:spec` or `k:{"name":"web"}`, is taken in an object. */
function stepInto(step: string): { name: string; of: (from: unknown) => unknown } | undefined {
  const rest = step.slice(2);
  if (step.startsWith("f:")) return { name: rest, of: (from) => member(from, rest) };
  if (!step.startsWith("k:")) return undefined;
  const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>);
  const fits = (item: unknown): boolean => keys.every(([key, value]) => member(item, key) === value);
  return {
    name: `[${keys.map(([, value]) => String(value)).join(" ")}]`,
    of: (from) => (Array.isArray(from) ? (from as readonly unknown[]).find(fits) : undefined),
  };
}
