/** Kubernetes labels by key. */
export type Labels = Readonly<Record<string, string>>;

/** Whose an object is. */
export interface Ownership {
  readonly project: string;
  readonly stack: string;
  readonly region: string;
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
export function ownerLabels({ project, stack, region }: Ownership): Labels {
  return {
    "app.kubernetes.io/managed-by": "pulumi",
    "app.kubernetes.io/part-of": project,
    "twinstack.dev/region": region,
    "twinstack.dev/stack": stack,
  };
}

/** The labels that tell a role's pods from all others. They can't change without a replacement, so they are few. */
export function selectorLabels({ name, instance }: Role): Labels {
  return { "app.kubernetes.io/instance": instance, "app.kubernetes.io/name": name };
}

/** All labels of a role's objects. */
export function roleLabels(owner: Labels, role: Role): Labels {
  return { ...owner, ...selectorLabels(role), "app.kubernetes.io/component": role.component };
}
