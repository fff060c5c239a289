import { UnknownValueError } from "@pulumi/policy";

/** Stands where a value can't be known before the update; a rule must not report it. */
export const notYetKnown: unique symbol = Symbol("not known before the update");

/** A field that may be absent or not yet known. */
export type Field<T> = T | typeof notYetKnown | undefined;

/** The type of a field that is there and known. */
type Certain<T> = Exclude<T, typeof notYetKnown | undefined>;

/** The parts of a container that rules read. */
export interface Container {
  readonly name?: Field<string>;
  readonly image?: Field<string>;
  readonly env?: Field<readonly { name?: Field<string>; value?: Field<string> }[]>;
  readonly livenessProbe?: Field<object>;
  readonly readinessProbe?: Field<object>;
  readonly lifecycle?: Field<{
    preStop?: Field<{
      sleep?: Field<{ seconds?: Field<number> }>;
      exec?: Field<{ command?: Field<string[]> }>;
    }>;
  }>;
  readonly resources?: Field<{
    requests?: Field<Record<string, Field<string>>>;
    limits?: Field<Record<string, Field<string>>>;
  }>;
  readonly securityContext?: Field<{
    runAsNonRoot?: Field<boolean>;
    runAsUser?: Field<number>;
    readOnlyRootFilesystem?: Field<boolean>;
    allowPrivilegeEscalation?: Field<boolean>;
    privileged?: Field<boolean>;
    capabilities?: Field<{ drop?: Field<readonly string[]>; add?: Field<readonly string[]> }>;
  }>;
}

/** The parts of a pod spec that rules read. */
export interface PodSpec {
  readonly containers?: Field<readonly Container[]>;
  readonly initContainers?: Field<readonly Container[]>;
  readonly securityContext?: Field<{
    runAsNonRoot?: Field<boolean>;
    runAsUser?: Field<number>;
    seccompProfile?: Field<{ type?: Field<string> }>;
  }>;
  readonly automountServiceAccountToken?: Field<boolean>;
  readonly hostNetwork?: Field<boolean>;
  readonly hostPID?: Field<boolean>;
  readonly hostIPC?: Field<boolean>;
  readonly volumes?: Field<readonly { name?: Field<string>; hostPath?: Field<object> }[]>;
  readonly terminationGracePeriodSeconds?: Field<number>;
  readonly topologySpreadConstraints?: Field<readonly object[]>;
}

/** Name, namespace and labels of an object. */
export interface Metadata {
  readonly name?: Field<string>;
  readonly namespace?: Field<string>;
  readonly labels?: Field<Record<string, Field<string>>>;
  readonly annotations?: Field<Record<string, Field<string>>>;
}

/** The parts of a Kubernetes object that rules read; other resources have none of them. */
export interface Manifest {
  readonly metadata?: Field<Metadata>;
  readonly data?: Field<Record<string, Field<string>>>;
  readonly spec?: Field<{
    readonly replicas?: Field<number>;
    readonly minReplicas?: Field<number>;
    readonly maxReplicas?: Field<number>;
    readonly minAvailable?: Field<number | string>;
    readonly maxUnavailable?: Field<number | string>;
    readonly scaleTargetRef?: Field<{ kind?: Field<string>; name?: Field<string> }>;
    readonly selector?: Field<{ matchLabels?: Field<Record<string, Field<string>>> }>;
    readonly strategy?: Field<{
      type?: Field<string>;
      rollingUpdate?: Field<{ maxUnavailable?: Field<number | string> }>;
    }>;
    readonly template?: Field<{ metadata?: Field<Metadata>; spec?: Field<PodSpec> }>;
    readonly jobTemplate?: Field<{ spec?: Field<{ template?: Field<{ spec?: Field<PodSpec> }> }> }>;
  }>;
  /** Inputs of `docker:index/image:Image`. */
  readonly imageName?: Field<string>;
}

/** Copies a value out of Pulumi's proxies; a field that is not known yet becomes `notYetKnown`. */
export function known(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => read(value, index));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.keys(value).map((key) => [key, read(value, key)]));
}

function read(from: object, key: string | number): unknown {
  try {
    return known((from as Record<string | number, unknown>)[key]);
  } catch (error) {
    if (error instanceof UnknownValueError) return notYetKnown;
    throw error;
  }
}

/** The value when it is there and known, else undefined. */
export function value<T>(field: Field<T>): T | undefined {
  return field === notYetKnown ? undefined : field;
}

/** Reads on along a path: what lies below a value that is not known yet is not known yet either. */
export function at<T extends object, K extends keyof T>(field: Field<T>, key: K): Field<Certain<T[K]>> {
  return field === notYetKnown ? notYetKnown : (field?.[key] as Field<Certain<T[K]>>);
}

/** True when the field is known (or known to be absent) and fails the test. */
export function fails<T>(field: Field<T>, holds: (value: T | undefined) => boolean): boolean {
  return field !== notYetKnown && !holds(field);
}

/** `namespace/name` of an object, or its bare name; `(unnamed)` while auto-naming has not decided. */
export function nameOf(manifest: Manifest): string {
  const metadata = value(manifest.metadata);
  const name = value(metadata?.name) ?? "(unnamed)";
  const namespace = value(metadata?.namespace);
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Reads the pod spec of each kind that has one. */
const podSpecs: Readonly<Record<string, (spec: Manifest["spec"]) => Field<PodSpec>>> = {
  CronJob: (spec) => at(at(at(at(spec, "jobTemplate"), "spec"), "template"), "spec"),
  DaemonSet: templated,
  Deployment: templated,
  Job: templated,
  Pod: (spec) => spec as Field<PodSpec>,
  StatefulSet: templated,
};

function templated(spec: Manifest["spec"]): Field<PodSpec> {
  return at(at(spec, "template"), "spec");
}

/** The pod spec a workload runs, whatever its kind; undefined for objects without pods, whose inputs it leaves unread. */
export function podSpecOf(resource: {
  readonly type: string;
  readonly props: Manifest;
}): PodSpec | undefined {
  const specOf = resource.type.startsWith("kubernetes:")
    ? podSpecs[resource.type.slice(resource.type.lastIndexOf(":") + 1)]
    : undefined;
  return specOf && value(specOf(resource.props.spec));
}

/** True for what is known: an element of a list may not be, whatever its type says. */
export const isKnown = (element: unknown): boolean => element !== notYetKnown;

/** All containers of a pod, init containers first. */
export function containersOf(pod: PodSpec | undefined): readonly Container[] {
  return [...(value(pod?.initContainers) ?? []), ...(value(pod?.containers) ?? [])].filter(isKnown);
}

/** How a message names a container. */
export function containerName(container: Container): string {
  return `container "${value(container.name) ?? "(unnamed)"}"`;
}
