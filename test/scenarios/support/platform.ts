import { readFileSync } from "node:fs";

/**
 * Process id of a daemon of the local platform, from the record that the platform keeps of it.
 *
 * @param name such as `a-kube-apiserver`
 */
export function daemonPid(name: string): number {
  const state = process.env["TWINSTACK_STATE"] ?? "/var/lib/twinstack";
  const record = JSON.parse(readFileSync(`${state}/daemons/${name}.json`, "utf8")) as { pid: number };
  return record.pid;
}
