import { setTimeout as sleep } from "node:timers/promises";
import { type CommandOptions, type Finished, run } from "../scenarios/support/command";
import { type ClusterObject, kubectlType, listingFormat, parseListing } from "./objects";

const attempts = 3;

/** kubectl on one cluster, never through Pulumi: what it says is the cluster's own word. */
export class Cluster {
  /** @param context - of the kubeconfig that kubectl reads */
  constructor(readonly context: string) {}

  /** Runs kubectl, whatever its exit code. */
  kubectl(args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
    const all = ["--context", this.context, "--request-timeout", "20s", ...args];
    return run("kubectl", all, { deadlineSeconds: 90, ...options });
  }

  /** Standard output of kubectl, which must succeed. */
  async must(args: readonly string[]): Promise<string> {
    const finished = await this.kubectl(args);
    if (finished.code !== 0) throw new Error(`${this.context}: ${complaintOf(finished)}`);
    return finished.stdout;
  }

  /** Whether the cluster's API is there, and lets us in; asked again before it is called gone. */
  async answers(): Promise<boolean> {
    const args = ["--context", this.context, "--request-timeout", "5s", "get", "--raw", "/readyz"];
    for (let asked = 1; ; asked += 1) {
      if ((await run("kubectl", args, { deadlineSeconds: 15 })).code === 0) return true;
      if (asked === attempts) return false;
      await sleep(1000);
    }
  }

  /**
   * Objects of every type that the cluster can list, a view or an extension's among them. Fails where it could not look
   * at one of them: half a look proves nothing.
   */
  async objects(selector?: string): Promise<ClusterObject[]> {
    if (!(await this.answers())) throw new Error(`cluster ${this.context} does not answer`);
    const types = (await this.must(["api-resources", "--verbs=list", "--output=name"]))
      .split("\n")
      .filter((type) => type !== "");
    const labels = selector === undefined ? [] : [`--selector=${selector}`];
    const everywhere = ["--all-namespaces", "--ignore-not-found", ...labels, `--output=${listingFormat}`];
    return parseListing(this.context, await this.must(["get", types.join(","), ...everywhere]));
  }

  /** Deletes objects of one namespace, or of none, and waits until they are gone; the complaint where they stay. */
  async delete(objects: readonly ClusterObject[], seconds: number): Promise<string | undefined> {
    const namespace = objects[0]?.namespace ?? "";
    const names = objects.map((object) => `${kubectlType(object)}/${object.name}`);
    const place = namespace === "" ? [] : ["--namespace", namespace];
    // The wait is one long request.
    const waiting = ["--ignore-not-found", `--timeout=${seconds}s`, "--request-timeout=0"];
    const args = ["delete", ...names, ...place, ...waiting];
    const finished = await this.kubectl(args, { deadlineSeconds: seconds + 20 });
    return finished.code === 0 ? undefined : complaintOf(finished);
  }

  /** Lets go of an object that waits for somebody who is gone. */
  async release(object: ClusterObject): Promise<void> {
    const place = object.namespace === "" ? [] : ["--namespace", object.namespace];
    const patch = ["--type=merge", '--patch={"metadata":{"finalizers":null}}'];
    await this.kubectl(["patch", `${kubectlType(object)}/${object.name}`, ...place, ...patch]);
  }

  /** Ports of the cluster's nodes that are taken. */
  async nodePorts(): Promise<number[]> {
    const format = 'jsonpath={range .items[*].spec.ports[*]}{.nodePort}{"\\n"}{end}';
    const ports = await this.must(["get", "services", "--all-namespaces", `--output=${format}`]);
    return ports.split("\n").filter(Boolean).map(Number);
  }
}

/** What kubectl said beside what it was asked for, in a line. */
export function complaintOf({ code, stdout, output }: Pick<Finished, "code" | "stdout" | "output">): string {
  const asked = new Set(stdout.split("\n"));
  const said = output.split("\n").filter((line) => !asked.has(line) && !line.startsWith("Warning:"));
  return said.find((line) => line.trim() !== "")?.slice(0, 300) ?? `kubectl ended with ${code}`;
}
