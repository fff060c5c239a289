import { jsonpath } from "json-p3";

import { messageOf } from "../errors";
import { AwaitError } from "./errors";
import { TEN_MINUTES } from "./decision";
import { conditionsOf, numberAt } from "./fields";
import type { AwaitedKind, Decision } from "./decision";
import type { KubernetesObject } from "./types";

const annotation = "pulumi.com/waitFor";
const allowed =
  'must be "jsonpath={.path}", "jsonpath={.path}=value", "condition=Type", "condition=Type=Status" or a JSON list of them';

type Check = (object: KubernetesObject) => Decision;

/**
 * What the user wants to wait for, from the object's annotation; undefined without one.
 *
 * @throws AwaitError - when the annotation can't be read.
 */
export function customKind(object: KubernetesObject): AwaitedKind | undefined {
  const text = object.metadata.annotations?.[annotation];
  if (text === undefined || text === "") return undefined;
  const checks = checksOf(object, text);
  return {
    timeoutSeconds: TEN_MINUTES,
    checkedOnRead: false,
    decide: ({ object: live }) => allOf(checks.map((check) => check(live))),
  };
}

function checksOf(object: KubernetesObject, text: string): Check[] {
  try {
    const expressions = expressionsOf(text);
    if (expressions.length === 0) throw new Error("names no condition");
    return expressions.map(checkOf);
  } catch (error) {
    const path = `metadata.annotations["${annotation}"]`;
    throw new AwaitError(
      [`${path} is ${JSON.stringify(text)}: ${messageOf(error)}; ${allowed}`],
      object,
      "failed",
    );
  }
}

/** A list is JSON; anything that is not a list of texts is one expression. */
function expressionsOf(text: string): string[] {
  if (!text.trimStart().startsWith("[")) return [text];
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed) || !parsed.every((entry) => typeof entry === "string")) {
    throw new Error("the list holds something else than texts");
  }
  return parsed;
}

function checkOf(expression: string): Check {
  if (expression.startsWith("jsonpath=")) return pathCheck(expression.slice("jsonpath=".length));
  if (expression.startsWith("condition=")) return conditionCheck(expression.slice("condition=".length));
  throw new Error(`expected a "jsonpath=" or "condition=" prefix, got ${JSON.stringify(expression)}`);
}

function allOf(decisions: readonly Decision[]): Decision {
  const open = decisions.filter((decision) => !decision.ready);
  const status = (open[0] ?? decisions[0])?.status;
  return {
    ready: open.length === 0,
    failed: open.some((decision) => decision.failed),
    ...(status === undefined ? {} : { status }),
    failures: open.flatMap((decision) => decision.failures ?? []),
  };
}

function pathCheck(expression: string): Check {
  const parts = /^\s*(?<shown>\{\s*(?<path>.+?)\s*\})\s*(?:=(?<value>[^=].*)?)?$/su.exec(expression)?.groups;
  const { shown, path, value } = parts ?? {};
  if (shown === undefined || path === undefined)
    throw new Error(`${expression} should be wrapped in brackets { ... }`);
  if (value === undefined && !expression.trimEnd().endsWith("}"))
    throw new Error(`${shown}= requires a value`);
  const query = jsonpath.compile(path.startsWith("$") ? path : `$${path}`);
  const label = value === undefined ? shown : `${shown}=${value}`;
  return (object) => {
    if (isBehind(object, numberAt(object, "status", "observedGeneration")))
      return open(`Waiting for ${label}`);
    const [found] = query.query(object as never).values();
    return judge(shown, label, value, found);
  };
}

function judge(shown: string, label: string, value: string | undefined, found: unknown): Decision {
  if (found === undefined) return open(`${shown} selected nothing`);
  if (value === undefined) return { ready: true, status: `Found ${label}` };
  if (typeof found === "object" && found !== null) {
    const text = `"${shown}" has a non-primitive value (${JSON.stringify(found)})`;
    return { ...open(text), failed: true };
  }
  const text = typeof found === "string" ? found : JSON.stringify(found);
  if (text === value) return { ready: true, status: `Found ${label}` };
  return open(`Waiting for ${label} (found "${text}")`);
}

function conditionCheck(expression: string): Check {
  const [type = "", ...rest] = expression.split("=");
  const wanted = rest.length === 0 ? "True" : rest.join("=");
  if (type === "" || wanted === "")
    throw new Error(`condition=${expression} requires a type, and a value after "="`);
  return (object) => {
    const found = conditionsOf(object).find((entry) => equalFold(entry.type, type));
    if (found === undefined) return open(`Waiting for condition ${type}=${wanted}`);
    if (isBehind(object, found.observedGeneration ?? numberAt(object, "status", "observedGeneration"))) {
      return open(`Condition ${type} is not about the present generation yet`);
    }
    if (equalFold(found.status, wanted)) return { ready: true, status: `Found condition ${type}=${wanted}` };
    return open(`Resource has condition ${type}=${found.status} (want ${wanted})`);
  };
}

/** Whether what a controller says is about an older generation; without a number it is taken as current. */
function isBehind(object: KubernetesObject, observed: number | undefined): boolean {
  return observed !== undefined && observed < (object.metadata.generation ?? 0);
}

function equalFold(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

function open(text: string): Decision {
  return { ready: false, status: text, failures: [text] };
}
