import type { Cluster } from "./cluster";
import { isNamespaced } from "./cluster";
import type { ResourceLog } from "./engine";
import type { Autonaming } from "./naming";
import { autonamedAnnotation, autoname } from "./naming";
import { normalizeInputs } from "./normalize";
import { gvkOfUrn, isBuiltIn, isPatchResource, nameOfUrn } from "./kinds";
import { annotation, gvkOf, isCrd, nameOf, namespaceOf, setNamespace, toObject } from "./objects";
import { annotateSecrets } from "./secrets";
import type { Properties } from "./values";
import { Unknown, isRecord, setAt, stringAt, valueAt } from "./values";

/** What a check is made from. */
export interface CheckInput {
  readonly urn: string;
  /** The inputs of the last deployment; empty for a new resource. */
  readonly olds: Properties;
  readonly news: Properties;
  readonly randomSeed: Uint8Array;
  readonly autonaming: Autonaming | undefined;
  readonly serverSideApply: boolean;
  readonly cluster: Cluster;
  readonly log: ResourceLog;
}

const managedByLabel = ["metadata", "labels", "app.kubernetes.io/managed-by"] as const;

/** Completes a resource's inputs: a name where there is none, the namespace, Kubernetes' own spelling of values. */
export async function checkResource(input: CheckInput): Promise<Properties> {
  refuseUncovered(input.urn);
  const olds = toObject(input.olds);
  const news = normalizeInputs(toObject(input.news));
  if (annotation(news, autonamedAnnotation) !== "") {
    input.log.warning(
      `ignoring user-specified value for internal annotation ${JSON.stringify(autonamedAnnotation)}`,
    );
  }
  if (isPatchResource(input.urn, gvkOf(news).kind)) {
    refusePatch(news, input.serverSideApply);
  }
  giveName(news, olds, input);
  giveManagedByLabel(news, olds, input.serverSideApply);
  if (!isNamed(news)) {
    throw new Error(
      "metadata.generateName can't be used with server-side apply; leave it out to get a generated name",
    );
  }
  const { cluster } = input;
  if (cluster.defaultNamespace !== "" && namespaceOf(news) === "" && !hasUnknownNamespace(news)) {
    if (await isNamespaced(cluster, gvkOfUrn(input.urn))) {
      setNamespace(news, cluster.defaultNamespace);
    }
  }
  if (isCrd(news) && cluster.reachable) {
    cluster.client.discovery.declare(news);
  }
  annotateSecrets(news, input.news);
  return news;
}

/** Helm releases and lists look like resources but aren't objects of a cluster. */
function refuseUncovered(urn: string): void {
  const gvk = gvkOfUrn(urn);
  if (gvk.group === "helm.sh") {
    throw new Error(
      `Helm ${gvk.kind} is not covered by this stand-in for the kubernetes plugin; use the official plugin, or write the objects as resources`,
    );
  }
  if (isBuiltIn(gvk) && gvk.kind.endsWith("List")) {
    throw new Error(`${gvk.kind} can't be created: write each object of the list as a resource of its own`);
  }
}

function refusePatch(news: Properties, serverSideApply: boolean): void {
  if (!serverSideApply) {
    throw new Error(
      "patch resources need server-side apply; set the provider's enableServerSideApply to true",
    );
  }
  if (nameOf(news) === "") {
    throw new Error("metadata.name is missing; a patch resource must name the object that it patches");
  }
}

function giveName(news: Properties, olds: Properties, input: CheckInput): void {
  if (isNamed(news)) {
    return;
  }
  if (Object.keys(olds).length > 0) {
    if (annotation(olds, autonamedAnnotation) === "true") {
      setName(news, nameOf(olds));
    }
  } else if (stringAt(news, "metadata", "generateName") === "") {
    setName(news, autoname(nameOfUrn(input.urn), input.randomSeed, input.autonaming));
  }
}

function setName(news: Properties, name: string): void {
  setAt(news, ["metadata", "name"], name);
  setAt(news, ["metadata", "annotations", autonamedAnnotation], "true");
}

/** Without server-side apply a label tells who manages an object; with it, the object's managed fields do. */
function giveManagedByLabel(news: Properties, olds: Properties, serverSideApply: boolean): void {
  const manager = process.env["PULUMI_KUBERNETES_MANAGED_BY_LABEL"] ?? "pulumi";
  const isNew = Object.keys(olds).length === 0;
  if (isNew ? !serverSideApply : stringAt(olds, ...managedByLabel) === manager) {
    setAt(news, managedByLabel, manager);
  }
}

function isNamed(news: Properties): boolean {
  return (
    nameOf(news) !== "" || valueAt(news, "metadata", "name") instanceof Unknown || isUnknownMetadata(news)
  );
}

function hasUnknownNamespace(news: Properties): boolean {
  return valueAt(news, "metadata", "namespace") instanceof Unknown || isUnknownMetadata(news);
}

function isUnknownMetadata(news: Properties): boolean {
  return news["metadata"] !== undefined && !isRecord(news["metadata"]) && news["metadata"] !== null;
}
