import type { ClusterChoice } from "./kubeconfig";
import { activeCluster } from "./kubeconfig";
import type { Properties } from "./values";
import { Unknown, equal, isRecord, stripSecrets } from "./values";

/** A setting that the provider refuses, with the reason. */
export interface ConfigFailure {
  readonly property: string;
  readonly reason: string;
}

/** What a change of the provider's own inputs means. */
export interface ConfigDiff {
  readonly diffs: readonly string[];
  readonly replaces: readonly string[];
}

/** The provider's settings after defaults. */
export interface Settings {
  readonly cluster: ClusterChoice;
  /** Namespace of objects that name none; the context's when missing. */
  readonly namespace: string | undefined;
  readonly serverSideApply: boolean;
  readonly patchForce: boolean;
  readonly upsertExistingObjects: boolean;
  readonly configMapsMutable: boolean;
  readonly secretsMutable: boolean;
  readonly deleteUnreachable: boolean;
  readonly skipUpdateUnreachable: boolean;
  readonly requestTimeoutSeconds: number;
}

const clusterSettings = ["kubeconfig", "context", "cluster"];
/** On/off settings, with the variable that sets each where the provider's inputs do not. */
const switches: Readonly<Record<string, string | undefined>> = {
  alwaysRender: undefined,
  deleteUnreachable: "PULUMI_K8S_DELETE_UNREACHABLE",
  enableConfigMapMutable: "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
  enablePatchForce: "PULUMI_K8S_ENABLE_PATCH_FORCE",
  enableSecretMutable: "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
  enableServerSideApply: "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
  skipUpdateUnreachable: "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
  strictMode: undefined,
  suppressDeprecationWarnings: "PULUMI_K8S_SUPPRESS_DEPRECATION_WARNINGS",
  suppressHelmHookWarnings: "PULUMI_K8S_SUPPRESS_HELM_HOOK_WARNINGS",
  upsertExistingObjects: "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
};
const knownSettings = new Set([
  ...clusterSettings,
  ...Object.keys(switches),
  "clusterIdentifier",
  "helmReleaseSettings",
  "kubeClientSettings",
  "namespace",
  "pluginDownloadURL",
  "renderYamlToDirectory",
  "version",
]);
const defaultRequestTimeoutSeconds = 60;

/** Checks the provider's inputs; all problems at once. */
export function checkConfig(news: Properties): ConfigFailure[] {
  const failures: ConfigFailure[] = [];
  for (const [property, wrapped] of Object.entries(news)) {
    const value = stripSecrets(wrapped);
    if (!knownSettings.has(property)) {
      failures.push({
        property,
        reason: `${property} is no setting of the kubernetes provider; must be one of ${[...knownSettings].sort().join(", ")}`,
      });
    } else if (Object.hasOwn(switches, property) && !isSwitch(value)) {
      failures.push({ property, reason: `${property} is ${JSON.stringify(value)}; must be true or false` });
    } else if (property === "renderYamlToDirectory" && value !== "" && value !== null) {
      failures.push({
        property,
        reason: "renderYamlToDirectory is not covered by this stand-in; use the official kubernetes plugin",
      });
    }
  }
  return [...failures, ...strictFailures(news)];
}

/** Says what changed in the provider's inputs, and whether it is another cluster now. */
export async function diffConfig(olds: Properties, news: Properties): Promise<ConfigDiff> {
  const before = plain(olds);
  const after = plain(news);
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const diffs = keys.filter((key) => !equal(before[key], after[key])).sort();
  const unknown = clusterSettings.filter((key) => after[key] instanceof Unknown);
  if (unknown.length > 0) {
    return { diffs: unknown, replaces: unknown };
  }
  const identifier = { before: before["clusterIdentifier"], after: after["clusterIdentifier"] };
  if (typeof identifier.before === "string" && typeof identifier.after === "string") {
    return { diffs, replaces: identifier.before === identifier.after ? [] : ["clusterIdentifier"] };
  }
  const [old, current] = [await activeCluster(choiceOf(before)), await activeCluster(choiceOf(after))];
  const moved = old !== undefined && current !== undefined && !equal(old, current);
  return { diffs, replaces: moved ? diffs.filter((key) => clusterSettings.includes(key)) : [] };
}

/** The settings that the provider's inputs and the environment amount to. */
export function readSettings(inputs: Properties): Settings {
  const values = plain(inputs);
  const on = (name: string, byDefault: boolean): boolean => {
    const variable = switches[name];
    const given = values[name] ?? (variable === undefined ? undefined : process.env[variable]) ?? "";
    return given === "" ? byDefault : given === true || given === "true";
  };
  const namespace = text(values["namespace"]);
  return {
    cluster: choiceOf(values),
    namespace: namespace === "" ? undefined : namespace,
    serverSideApply: on("enableServerSideApply", true),
    patchForce: on("enablePatchForce", false),
    upsertExistingObjects: on("upsertExistingObjects", false),
    configMapsMutable: on("enableConfigMapMutable", false),
    secretsMutable: on("enableSecretMutable", false),
    deleteUnreachable: on("deleteUnreachable", false),
    skipUpdateUnreachable: on("skipUpdateUnreachable", false),
    requestTimeoutSeconds: requestTimeout(values["kubeClientSettings"]),
  };
}

function choiceOf(values: Properties): ClusterChoice {
  const [kubeconfig, context, cluster] = clusterSettings.map((key) => text(values[key]));
  return {
    ...(kubeconfig ? { kubeconfig } : {}),
    ...(context ? { context } : {}),
    ...(cluster ? { cluster } : {}),
  };
}

function strictFailures(news: Properties): ConfigFailure[] {
  if (String(stripSecrets(news["strictMode"])) !== "true") {
    return [];
  }
  return ["kubeconfig", "context"]
    .filter((property) => text(stripSecrets(news[property])) === "")
    .map((property) => ({ property, reason: `${property} is missing; strictMode requires it` }));
}

function requestTimeout(settings: unknown): number {
  const parsed: unknown = typeof settings === "string" && settings !== "" ? JSON.parse(settings) : settings;
  const given = isRecord(parsed) ? parsed["timeout"] : undefined;
  const seconds = Number(given ?? process.env["PULUMI_K8S_CLIENT_TIMEOUT"] ?? defaultRequestTimeoutSeconds);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : defaultRequestTimeoutSeconds;
}

function isSwitch(value: unknown): boolean {
  return (
    value instanceof Unknown || [null, true, false, "true", "false", ""].some((allowed) => value === allowed)
  );
}

/** Settings that hold an object, such as a kubeconfig, may come as one or as its text. */
function text(value: unknown): string {
  return isRecord(value) ? JSON.stringify(value) : typeof value === "string" ? value : "";
}

function plain(properties: Properties): Properties {
  const stripped = stripSecrets(properties);
  return isRecord(stripped) ? stripped : {};
}
