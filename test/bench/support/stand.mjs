import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { must, run } from "./command.mjs";

/** The committed stack that the benchmarks take their topology from. */
const source = "stacks/Pulumi.local.yaml";

/**
 * A Pulumi stack in a backend of the session's own: the checkout's stacks, its selection and its configuration stay
 * as they are.
 */
export class ScratchStack {
  #env;
  #folder;
  #configFile;
  #topology;

  constructor(session, name, { cwd = ".", topology, env = {} } = {}) {
    this.#folder = session.scratch(`stack-${name}`);
    this.#configFile = join(this.#folder, `Pulumi.${name}.yaml`);
    this.#topology = topology;
    this.#env = { PULUMI_BACKEND_URL: `file://${session.scratch("backend")}`, ...env };
    this.name = name;
    this.cwd = cwd;
  }

  /** Makes the stack itself: from another folder, since Pulumi writes a salt into the configuration beside a project. */
  async create() {
    const { name } = parse(readFileSync(join(this.cwd, "Pulumi.yaml"), "utf8"));
    writeFileSync(join(this.#folder, "Pulumi.yaml"), stringify({ name, runtime: "nodejs" }));
    const args = ["stack", "init", this.name, "--no-select"];
    await must("pulumi", args, { cwd: this.#folder, env: this.#env });
    if (this.#topology !== undefined) {
      const settings = parse(readFileSync(this.#configFile, "utf8"));
      const config = { [`${name}:topology`]: this.#topology };
      writeFileSync(this.#configFile, stringify({ ...settings, config }));
    }
    return this;
  }

  /** Runs `pulumi <args>` on the stack; it must succeed. */
  pulumi(args, deadlineSeconds = 120) {
    const all = [...args, "--non-interactive", "--stack", this.name, "--config-file", this.#configFile];
    return must("pulumi", all, { cwd: this.cwd, env: this.#env, deadlineSeconds });
  }
}

/** The topology of stack `local`, to be changed at will. */
export const localTopology = () => parse(readFileSync(source, "utf8")).config["twinstack:topology"];

/** The kubeconfig contexts that a topology names. */
export const contextsOf = (topology) => Object.values(topology.regions).map(({ cluster }) => cluster.context);

/** A port of the loopback address that nothing listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A kubeconfig in which every one of these contexts leads to an address where nobody answers. */
export function unreachableKubeconfig(contexts, port) {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "nowhere", cluster: { server: `https://127.0.0.1:${port}` } }],
    users: [{ name: "nobody", user: {} }],
    contexts: contexts.map((name) => ({ name, context: { cluster: "nowhere", user: "nobody" } })),
  });
}

/** kubectl on one context; its standard output. */
export async function kubectl(context, args, options) {
  return (await must("kubectl", ["--context", context, ...args], options)).stdout;
}

/** Refuses, with the way out, when the local environment does not answer. */
export async function requireEnvironment(contexts) {
  for (const context of contexts) {
    const args = ["--context", context, "--request-timeout", "5s", "get", "--raw", "/readyz"];
    const { code, output } = await run("kubectl", args);
    if (code !== 0)
      throw new Error(`cluster ${context} does not answer; run 'make up' first\n${output.trim()}`);
  }
}
