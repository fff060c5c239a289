import { randomInt } from "node:crypto";
import { hostname, userInfo } from "node:os";
import type { TestRun } from "../../components/core/labels";

/** The project whose stacks these are; its name begins every namespace's. */
export const project = "twinstack";

/** Set in everything that a run starts, so that its processes are found whoever their parent is by then. */
export const runVariable = "TWINSTACK_RUN_ID";

/** How long a test stack may be there unless told otherwise. Seconds. */
export const defaultTtlSeconds = 7200;

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
const idPattern = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)-[a-z0-9]{4}$/;

/** A time as labels tell it: `20261129T120030Z`. */
export const labelTime = (time: Date): string =>
  time
    .toISOString()
    .replace(/[-:]/g, "")
    .replace(/\.\d+Z$/, "Z");

/** A new run. Its id begins with its time, so that a stack of which nothing else is left can be judged. */
export function newRun(ttlSeconds: number, now = new Date()): TestRun {
  const created = labelTime(now);
  const random = Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join("");
  return {
    id: `${created.slice(2).replace(/[TZ]/g, "")}-${random}`,
    owner: ownerHere(),
    created,
    ttlSeconds,
  };
}

/** Who starts runs here, in the letters that a label's value may have. */
const ownerHere = (): string =>
  `${userInfo().username}.${hostname()}`
    .replace(/[^A-Za-z0-9_.-]/g, "-")
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");

/** Whether a text is the id of a run, and not just any name. */
export const isRunId = (text: string): boolean => idPattern.test(text);

/** When the run of an id was started; undefined where the text is no id. */
export function createdOf(id: string): Date | undefined {
  const [, ...parts] = idPattern.exec(id) ?? [];
  if (parts.length === 0) return undefined;
  const [year, month, day, hour, minute, second] = parts.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return new Date(Date.UTC(2000 + year, month - 1, day, hour, minute, second));
}

/** The stack of a run, and from its name the namespace in every cluster. */
export const stackOf = (id: string): string => `test-${id}`;
export const namespaceOf = (id: string): string => `${project}-${stackOf(id)}`;

/** The run that a stack's name tells; undefined for stacks of people. */
export function runIdOf(stack: string): string | undefined {
  const id = stack
    .split("/")
    .at(-1)
    ?.replace(/^test-/, "");
  return id !== undefined && isRunId(id) && stack.endsWith(stackOf(id)) ? id : undefined;
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** What a duration may be, in words. */
export const durationRule = "a whole number of seconds, minutes, hours or days, such as 90s, 30m, 2h or 1d";

/** Seconds of a duration such as `2h`; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = unitSeconds[unit ?? ""];
  return seconds === undefined ? undefined : Number(count) * seconds;
}

/** A duration for people: `2 h 5 min`, `40 s`. */
export function showDuration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}
