/** Kubernetes labels by key. */
export type Labels = Readonly<Record<string, string>>;

/** Whose an object is. */
export interface Ownership {
  readonly project: string;
  readonly stack: string;
  readonly region: string;
  /**
   * The test run it was made for.
   * @default none: it stays until somebody destroys it
   */
  readonly run?: TestRun | undefined;
}

/** The test run that a stack was made for. Whatever carries its id may be destroyed once its time is over. */
export interface TestRun {
  /** Tells it from all other runs: lower-case letters, digits and inner hyphens. */
  readonly id: string;
  /** Who started it, as a label's value may read. */
  readonly owner: string;
  /** When it was started, in UTC: `20261129T120030Z`. */
  readonly created: string;
  /** How long its stack may be there. Seconds. */
  readonly ttlSeconds: number;
}

/** What an object is. */
export interface Role {
  /** The software: `web`, `cache`, `router`. */
  readonly name: string;
  /** This one of it, unique in the namespace: `web-stable`. */
  readonly instance: string;
  /** Its part in the system: `service`, `cache`, `router`. */
  readonly component: string;
}

/** Labels of every object of a region; an inventory by `twinstack.dev/stack` finds all of them. */
export function ownerLabels({ project, stack, region, run }: Ownership): Labels {
  return {
    "app.kubernetes.io/managed-by": "pulumi",
    "app.kubernetes.io/part-of": project,
    "twinstack.dev/region": region,
    "twinstack.dev/stack": stack,
    ...(run === undefined ? {} : runLabels(run)),
  };
}

/** Labels of what a test run made: all that whoever cleans up needs to know, on the object itself. */
export const runLabelKeys = {
  id: "twinstack.dev/run-id",
  owner: "twinstack.dev/run-owner",
  created: "twinstack.dev/run-created",
  ttlSeconds: "twinstack.dev/run-ttl-seconds",
} as const;

function runLabels({ id, owner, created, ttlSeconds }: TestRun): Labels {
  return {
    [runLabelKeys.id]: id,
    [runLabelKeys.owner]: owner,
    [runLabelKeys.created]: created,
    [runLabelKeys.ttlSeconds]: String(ttlSeconds),
  };
}

/** Those among an owner's labels that tell its test run, for claims of volumes, which carry few others. */
export function runLabelsIn(labels: Labels): Labels {
  const keys: readonly string[] = Object.values(runLabelKeys);
  return Object.fromEntries(Object.entries(labels).filter(([key]) => keys.includes(key)));
}

/** The labels that tell a role's pods from all others. They can't change without a replacement, so they are few. */
export function selectorLabels({ name, instance }: Role): Labels {
  return { "app.kubernetes.io/instance": instance, "app.kubernetes.io/name": name };
}

/** All labels of a role's objects. */
export function roleLabels(owner: Labels, role: Role): Labels {
  return { ...owner, ...selectorLabels(role), "app.kubernetes.io/component": role.component };
}
