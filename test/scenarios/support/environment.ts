import { Cluster } from "./cluster";
import { type Outputs, Stack } from "./stack";

/** The stack, its region `a` and what it gave out. */
export interface Environment {
  readonly stack: Stack;
  readonly cluster: Cluster;
  readonly outputs: Outputs;
  /** Address of region a's router. */
  readonly endpoint: string;
}

/** Pods of one backend. */
export const backendPods = (backend: string): string => `app.kubernetes.io/instance=web-${backend}`;

/** Connects to the running environment, brought back to its committed configuration first. */
export async function environment(): Promise<Environment> {
  const stack = new Stack();
  await stack.mustUp();
  const outputs = await stack.outputs();
  const endpoint = outputs.endpoints["a"];
  const namespace = outputs.namespaces["a"];
  if (endpoint === undefined || namespace === undefined) throw new Error("stack local has no region a");
  return { stack, cluster: new Cluster("twinstack-a", namespace), outputs, endpoint };
}

/** Undoes what a scenario changed. */
export async function restore({ stack }: Environment): Promise<void> {
  if (stack.altered) {
    stack.resetConfig();
    await stack.mustUp();
  }
  stack.dispose();
}
