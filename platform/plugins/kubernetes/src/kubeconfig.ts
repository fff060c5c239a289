import { existsSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

import type { KubeConfig } from "@kubernetes/client-node/dist/config.js" with { "resolution-mode": "import" };

import { messageOf } from "./errors";

/** Which cluster a provider is for. */
export interface ClusterChoice {
  /** A kubeconfig's text, its path, or a list of paths; the ambient one when missing. */
  readonly kubeconfig?: string;
  /** The context to use instead of the current one. */
  readonly context?: string;
  /** The cluster to use instead of the context's. */
  readonly cluster?: string;
}

/** A cluster's address and how to log in to it. */
export interface ClusterAccess {
  readonly server: string;
  /** The context's namespace. */
  readonly namespace: string;
  readonly credentials: () => Promise<RequestOptions>;
}

/** What tells one cluster from another in a kubeconfig. */
export type ClusterIdentity = Readonly<Record<string, unknown>>;

/** Reads the kubeconfig and picks the cluster; throws in plain words when there is none. */
export async function clusterAccess(choice: ClusterChoice): Promise<ClusterAccess> {
  const config = await load(choice.kubeconfig);
  select(config, choice);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const wanted = choice.cluster ?? config.getContextObject(config.getCurrentContext())?.cluster ?? "";
    throw new Error(missing("cluster", wanted, config.getClusters()));
  }
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace;
  return {
    server: cluster.server,
    namespace: namespace === undefined || namespace === "" ? "default" : namespace,
    credentials: credentialsOf(config, cluster.proxyUrl !== undefined),
  };
}

/** The active cluster of a kubeconfig, or undefined where there is none to find. */
export async function activeCluster(choice: ClusterChoice): Promise<ClusterIdentity | undefined> {
  if (choice.kubeconfig === undefined) {
    return undefined;
  }
  try {
    const config = await load(choice.kubeconfig);
    select(config, choice);
    const cluster = config.getCurrentCluster();
    return cluster === null ? undefined : { ...cluster };
  } catch {
    return undefined;
  }
}

async function load(kubeconfig: string | undefined): Promise<KubeConfig> {
  const ambient = kubeconfig === undefined || kubeconfig === "";
  const text = ambient ? (process.env["KUBECONFIG"] ?? "") : kubeconfig;
  if (text.includes("\n") || text.trimStart().startsWith("{")) {
    return parse(text);
  }
  const paths = (text === "" ? [join(homedir(), ".kube", "config")] : text.split(delimiter)).map(expandHome);
  const files = paths.filter((path) => path !== "" && existsSync(path));
  if (files.length > 0) {
    return merge(files);
  }
  if (ambient && process.env["KUBERNETES_SERVICE_HOST"] !== undefined) {
    const config = await newKubeConfig();
    config.loadFromCluster();
    return config;
  }
  throw new Error(
    ambient
      ? `no kubeconfig was found at ${paths.join(" or ")}; set KUBECONFIG, or the provider's kubeconfig`
      : `kubeconfig is ${JSON.stringify(text)}, and there is no such file; give a kubeconfig's text, its path, or a list of paths`,
  );
}

async function parse(text: string): Promise<KubeConfig> {
  const config = await newKubeConfig();
  try {
    config.loadFromString(text);
  } catch (error) {
    throw new Error(`the kubeconfig can't be read: ${messageOf(error)}`, { cause: error });
  }
  return config;
}

/** Joins several files as kubectl does: the first to name something wins. */
async function merge(files: readonly string[]): Promise<KubeConfig> {
  const result = await newKubeConfig();
  result.loadFromOptions({ clusters: [], contexts: [], users: [], currentContext: "" });
  for (const file of files) {
    const next = await newKubeConfig();
    try {
      next.loadFromFile(file);
    } catch (error) {
      throw new Error(`the kubeconfig ${file} can't be read: ${messageOf(error)}`, { cause: error });
    }
    result.clusters = firstWins(result.clusters, next.clusters);
    result.contexts = firstWins(result.contexts, next.contexts);
    result.users = firstWins(result.users, next.users);
    result.currentContext ||= next.currentContext;
  }
  return result;
}

function firstWins<T extends { readonly name: string }>(first: readonly T[], second: readonly T[]): T[] {
  return [...first, ...second.filter((item) => !first.some((known) => known.name === item.name))];
}

function select(config: KubeConfig, choice: ClusterChoice): void {
  if (choice.context !== undefined && choice.context !== "") {
    config.setCurrentContext(choice.context);
  }
  const name = config.getCurrentContext();
  if (name === "") {
    throw new Error(
      `the kubeconfig has no current-context; set the provider's context to one of ${names(config.contexts)}`,
    );
  }
  const context = config.getContextObject(name);
  if (context === null) {
    throw new Error(missing("context", name, config.contexts));
  }
  if (choice.cluster !== undefined && choice.cluster !== "") {
    const cluster = choice.cluster;
    config.contexts = config.contexts.map((item) => (item === context ? { ...item, cluster } : item));
  }
}

/** Tokens from commands and identity providers expire, so they are asked for again; everything else is read once. */
function credentialsOf(config: KubeConfig, proxied: boolean): () => Promise<RequestOptions> {
  const user = config.getCurrentUser();
  const expires = user !== null && (user.exec !== undefined || user.authProvider !== undefined);
  const read = async (): Promise<RequestOptions> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    if (!proxied) {
      delete options.agent;
    }
    return options;
  };
  let once: Promise<RequestOptions> | undefined;
  return () => (expires ? read() : (once ??= read()));
}

function missing(what: string, name: string, known: readonly { readonly name: string }[]): string {
  return `${what} is ${JSON.stringify(name)}, which the kubeconfig does not have; must be one of ${names(known)}`;
}

function names(items: readonly { readonly name: string }[]): string {
  return items.length === 0 ? "(it has none)" : items.map((item) => item.name).join(", ");
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/** Loaded only when needed: the library is large, and most of a plugin's start is reading code. */
async function newKubeConfig(): Promise<KubeConfig> {
  const library = await import("@kubernetes/client-node/dist/config.js");
  return new library.KubeConfig();
}
