import * as k8s from "@pulumi/kubernetes";
import { Authority, type PeerSite, type PeerSites } from "../../components";
import { type Registered, runProgram } from "./program";

/** Three sites like those of the local platform: `a` and `b` serve, `w` is the witness. */
export const siteNames = ["a", "b", "w"] as const;

export const witness = "w";

const site = (name: string, index: number): PeerSite => ({
  place: { namespace: "shop-test", namespaceName: "shop-test", labels: { "twinstack.dev/region": name } },
  provider: new k8s.Provider(`${name}-provider`, { context: name }),
  network: {
    address: `198.51.100.${10 + index}`,
    podCidr: `10.${index}.0.0/17`,
    serviceCidr: `10.${index}.128.0/17`,
  },
});

/** What a program over several sites starts from. Only inside a program: it makes resources. */
export const peers = (): {
  sites: PeerSites;
  witness: string;
  authority: Authority;
  rolloutTimeoutSeconds: number;
} => ({
  sites: Object.fromEntries(siteNames.map((name, index) => [name, site(name, index)])),
  witness,
  authority: new Authority("trust", { commonName: "shop-test" }),
  rolloutTimeoutSeconds: 90,
});

/** An image by digest. */
export const image = (name: string): string => `registry.example/${name}@sha256:${"a".repeat(64)}`;

/** What a program made, and how to look it up. */
export interface Made {
  readonly resources: readonly Registered[];
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Inputs of the resource of that name. */
  readonly inputs: (name: string) => Record<string, unknown>;
}

/** Runs a program over three sites. */
export async function made(program: () => Record<string, unknown>): Promise<Made> {
  const { resources, outputs } = await runProgram(program, { stack: "test", config: {} });
  const inputs = (name: string): Record<string, unknown> => {
    const found = resources.find((resource) => resource.name === name);
    if (found === undefined) throw new Error(`no resource ${name}`);
    return found.inputs;
  };
  return { resources, outputs, inputs };
}

/** The spec of a workload's pods. */
export function podOf(workload: Record<string, unknown>): PodSpec {
  const { spec } = workload as { spec: { template: { spec: PodSpec } } };
  return spec.template.spec;
}

/** As much of a pod's spec as tests look at. */
export interface PodSpec {
  readonly containers: readonly {
    readonly args?: readonly string[];
    readonly env?: readonly { readonly name: string; readonly value?: string }[];
  }[];
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
}

/** The environment of a pod's first container. */
export const environmentOf = (pod: PodSpec): Record<string, string | undefined> =>
  Object.fromEntries((pod.containers[0]?.env ?? []).map(({ name, value }) => [name, value]));

const isSecret = ({ type }: Registered): boolean =>
  type.endsWith(":Secret") || type.startsWith("tls:") || type.startsWith("random:");

/** Names of resources, other than Secrets and those that made the values, which hold a key or a password. */
export function leaks(resources: readonly Registered[]): string[] {
  return resources
    .filter((resource) => !isSecret(resource))
    .filter(({ inputs }) => /(privateKeyPem|privateKeyPemPkcs8|result) of /.test(JSON.stringify(inputs)))
    .map(({ name }) => name);
}
