import type { Properties } from "./values";
import { isRecord, removeAt } from "./values";

/** Fields of built-in kinds that the API server does not store when they are false, 0 or empty. */
const droppedScalars = new Set([
  "clusterIP",
  "concurrencyPolicy",
  "description",
  "dnsPolicy",
  "externalName",
  "externalTrafficPolicy",
  "failureThreshold",
  "globalDefault",
  "healthCheckNodePort",
  "hostIP",
  "hostIPC",
  "hostNetwork",
  "hostPID",
  "hostPort",
  "imagePullPolicy",
  "initialDelaySeconds",
  "loadBalancerIP",
  "medium",
  "minReadySeconds",
  "nodePort",
  "paused",
  "persistentVolumeReclaimPolicy",
  "podManagementPolicy",
  "priorityClassName",
  "publishNotReadyAddresses",
  "scheme",
  "schedulerName",
  "serviceAccountName",
  "sessionAffinity",
  "stdin",
  "stdinOnce",
  "subdomain",
  "subPath",
  "subPathExpr",
  "successThreshold",
  "terminationMessagePath",
  "terminationMessagePolicy",
  "tty",
  "unschedulable",
  "workingDir",
]);

/** Fields that are dropped only in the items of one list. */
const droppedScalarsIn: Readonly<Record<string, string>> = { env: "value", volumeMounts: "readOnly" };

/** Lists that are stored even when they are empty. */
const keptLists = new Set([
  "addresses",
  "apiGroups",
  "audiences",
  "conditions",
  "namespaces",
  "nonResourceURLs",
  "resources",
  "rules",
  "subjects",
  "values",
]);

/** Objects whose field names are the user's. */
const userMaps = new Set([
  "annotations",
  "binaryData",
  "data",
  "labels",
  "matchLabels",
  "nodeSelector",
  "options",
  "parameters",
  "selector",
  "stringData",
  "volumeAttributes",
]);

/** Removes from an object of a built-in kind what the API server would not store; the object is changed in place. */
export function dropZeroValues(value: unknown, parent = ""): void {
  if (Array.isArray(value)) {
    for (const item of value) {
      dropZeroValues(item, parent);
    }
  } else if (isRecord(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (isDropped(parent, key, item)) {
        removeAt(value, key);
      } else if (!(userMaps.has(key) && isMapOfScalars(item))) {
        dropZeroValues(item, key);
      }
    }
  }
}

function isDropped(parent: string, key: string, value: unknown): boolean {
  if (Array.isArray(value)) {
    return value.length === 0 && !keptLists.has(key);
  }
  const isZero = value === false || value === 0 || value === "";
  return value === null || (isZero && (droppedScalars.has(key) || droppedScalarsIn[parent] === key));
}

/** A label selector is called `selector` as well, but holds objects. */
function isMapOfScalars(value: unknown): value is Properties {
  return isRecord(value) && Object.values(value).every((item) => !isRecord(item) && !Array.isArray(item));
}
