import { readdirSync, readFileSync } from "node:fs";
import { must } from "./command";

/** The parts of a pod that scenarios read. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly containerID?: string;
      readonly restartCount: number;
      readonly ready: boolean;
    }[];
  };
}

/** kubectl on one region, never through Pulumi: what it says is the cluster's own word. */
export class Cluster {
  constructor(
    private readonly context: string,
    private readonly namespace: string,
  ) {}

  /** Standard output of kubectl in the stack's namespace. */
  kubectl(...args: string[]): Promise<string> {
    return must("kubectl", ["--context", this.context, "--namespace", this.namespace, ...args], {
      deadlineSeconds: 60,
    });
  }

  /** Pods of a workload, those that are going left out. */
  async pods(selector: string): Promise<Pod[]> {
    const list = JSON.parse(await this.kubectl("get", "pods", "-l", selector, "-o", "json")) as {
      items: Pod[];
    };
    return list.items.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  }

  /** Every object of the cluster that carries the stack's label, as `kind/namespace/name`. */
  async inventory(stack: string): Promise<string[]> {
    const kinds = await this.kubectl("api-resources", "--verbs=list,delete", "-o", "name");
    const listable = kinds.split("\n").filter((kind) => kind !== "" && !kind.startsWith("events"));
    const found = await this.kubectl(
      ...["get", listable.join(","), "--all-namespaces", "--ignore-not-found"],
      ...["-l", `twinstack.dev/stack=${stack}`],
      ...["-o", 'jsonpath={range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name}{"\\n"}{end}'],
    );
    return found.split("\n").filter(Boolean).sort();
  }
}

/** True when the pod counts as ready. */
export const isReady = (pod: Pod): boolean =>
  pod.status.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ??
  false;

/** Restarts of the pod's first container. */
export const restarts = (pod: Pod): number => pod.status.containerStatuses?.[0]?.restartCount ?? 0;

/**
 * Process ids on this machine of a pod's first container: found by container id in the processes' cgroups, so
 * that a scenario can stop or kill the real process without any help from the service.
 */
export function processesOf(pod: Pod): number[] {
  const id = pod.status.containerStatuses?.[0]?.containerID?.split("//")[1];
  if (id === undefined) throw new Error(`pod ${pod.metadata.name} has no running container`);
  const found = readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        return readFileSync(`/proc/${entry}/cgroup`, "utf8").includes(id);
      } catch {
        return false; // ended between listing and reading
      }
    })
    .map(Number);
  if (found.length === 0) throw new Error(`no process of container ${id} on this machine`);
  return found;
}
