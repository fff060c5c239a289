import { contains, formatPath, parsePath } from "./field-path";
import { autonamedAnnotation } from "./naming";
import { normalizeInputs } from "./normalize";
import { isBuiltIn, isPatchResource } from "./kinds";
import { annotation, gvkOf, nameOf, namespaceOf, setNamespace, toObject } from "./objects";
import { isZero, prune, restoreDropped } from "./prune";
import type { FieldPath, Mutability } from "./replace-rules";
import { identityFields, matchesRule, replaceFields } from "./replace-rules";
import { fromState } from "./state";
import type { Properties } from "./values";
import { Unknown, isRecord, removeAt, setAt, valueAt } from "./values";

/** How one field differs. */
export type ChangeKind = "add" | "delete" | "update";

/** A field that differs. */
export interface Change {
  readonly path: FieldPath;
  readonly kind: ChangeKind;
  readonly replace: boolean;
}

/** What an update would do to a resource. */
export interface ResourceDiff {
  readonly changes: readonly Change[];
  readonly deleteBeforeReplace: boolean;
}

/** What a diff is made from. */
export interface DiffInput {
  readonly urn: string;
  /** The resource's state. */
  readonly olds: Properties;
  /** The new inputs, as checked. */
  readonly news: Properties;
  readonly ignoreChanges: readonly string[];
  readonly mutable: Mutability;
  /** Whether the kind lives in a namespace. */
  readonly namespaced: boolean;
}

const missing = Symbol("missing");

/**
 * Compares the new inputs with that part of the last known live object which the old inputs mention. Fields that the
 * cluster or other managers fill in are in neither, so they never show.
 */
export function diffResource(input: DiffInput): ResourceDiff {
  const checkpoint = fromState(input.olds);
  const oldName = nameOf(checkpoint.live);
  if (oldName === "") {
    throw new Error(
      `the state of ${input.urn} has no metadata.name; repair it with pulumi refresh or pulumi state edit`,
    );
  }
  const oldInputs = normalizeInputs(checkpoint.inputs);
  const news = normalizeInputs(toObject(input.news));
  const olds = prune(checkpoint.live, oldInputs);
  alignIdentity(olds, news, checkpoint.live, input.namespaced);
  if (isBuiltIn(gvkOf(news))) {
    restoreDropped(olds, oldInputs, news);
  }
  const rules = isPatchResource(input.urn, gvkOf(news).kind)
    ? identityFields
    : replaceFields(news, input.mutable);
  const ignored = input.ignoreChanges.map(parsePath);
  const changes = compare([], olds, news)
    .filter((change) => !ignored.some((path) => contains(path, change.path)))
    .map(({ path, kind, value }) => ({
      path,
      kind,
      replace:
        rules.some((rule) => matchesRule(rule, path, value)) ||
        (kind === "delete" && formatPath(path) === "metadata"),
    }));
  return {
    changes,
    deleteBeforeReplace:
      changes.some((change) => change.replace) &&
      annotation(news, autonamedAnnotation) !== "true" &&
      nameOf(news) === oldName &&
      namespaceOf(news) === namespaceOf(checkpoint.live),
  };
}

/** Makes sure that a namespace or name which was only filled in does not show as a change. */
function alignIdentity(olds: Properties, news: Properties, live: Properties, namespaced: boolean): void {
  for (const object of [olds, news]) {
    const namespace = valueAt(object, "metadata", "namespace");
    if (!(namespace instanceof Unknown)) {
      setNamespace(object, namespaced ? namespaceOf(object) || "default" : "");
    }
  }
  olds["apiVersion"] ??= news["apiVersion"];
  olds["kind"] ??= news["kind"];
  removeAt(olds, "metadata", "resourceVersion");
  if (nameOf(news) !== "") {
    setAt(olds, ["metadata", "name"], nameOf(live));
  }
}

interface FoundChange {
  readonly path: FieldPath;
  readonly kind: ChangeKind;
  /** The new value; decides whether a replace rule deeper in it is met. */
  readonly value: unknown;
}

function compare(path: FieldPath, old: unknown, wanted: unknown): FoundChange[] {
  if (wanted === missing || (wanted === null && old !== null)) {
    return old === missing ? [] : [{ path, kind: "delete", value: null }];
  }
  if (old === missing) {
    return [{ path, kind: "add", value: wanted }];
  }
  if (isRecord(old) && isRecord(wanted)) {
    const keys = new Set([...Object.keys(old), ...Object.keys(wanted)]);
    return [...keys]
      .sort()
      .flatMap((key) => compare([...path, key], fieldOf(old, key), fieldOf(wanted, key)));
  }
  if (Array.isArray(old) && Array.isArray(wanted)) {
    return Array.from({ length: Math.max(old.length, wanted.length) }, (_, index) =>
      compare([...path, index], itemOf(old, index), itemOf(wanted, index)),
    ).flat();
  }
  const same = wanted === old || (old === null && isZero(wanted));
  return same ? [] : [{ path, kind: "update", value: wanted }];
}

function fieldOf(object: Properties, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : missing;
}

function itemOf(items: readonly unknown[], index: number): unknown {
  return index < items.length ? items[index] : missing;
}
