import { z } from "zod";
import { type Problem, show } from "../components";

/** What a choice of keys or words reads like. */
const anyOf = (words: readonly string[]): string =>
  words.length === 1 ? words.join("") : `one of ${words.join(", ")}`;

/** A shape's own text completes "must be", so that every way to miss it reads the same. */
export function integer(from: number, to: number) {
  const error = `an integer from ${from} to ${to}`;
  return z.number({ error }).int({ error }).min(from, { error }).max(to, { error });
}

/** A time that has a default. */
export const seconds = (from: number, to: number) => integer(from, to).optional();

/** One of a few words. */
export const word = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  z.enum(words, { error: anyOf(words.map(show)) });

/** A text that matches. */
export const text = (pattern: RegExp, allowed: string) =>
  z.string({ error: allowed }).regex(pattern, { error: allowed });

/** A text that a rule finds nothing wrong with. */
export function ruledText(rule: (value: string, path: []) => Problem[]) {
  const allowed = rule("", [])[0]?.allowed ?? "a text";
  return ruled(z.string({ error: allowed }), (value) => rule(value, []));
}

/** An object with these keys and no others. */
export function object<Shape extends z.core.$ZodShape>(shape: Shape) {
  const keys = Object.keys(shape);
  return z.strictObject(shape, {
    error: ({ code }) => (code === "unrecognized_keys" ? anyOf(keys) : `an object with ${keys.join(", ")}`),
  });
}

/** One of several objects, told apart by `kind`. */
export function byKind<
  const Options extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]],
>(kinds: readonly string[], options: Options) {
  return z.discriminatedUnion("kind", options, {
    error: ({ input }) =>
      typeof input === "object" && input !== null ? anyOf(kinds.map(show)) : "an object with a kind",
  });
}

/** Some of the same, in order. */
export function list<const Value extends z.ZodType>(value: Value, from: number, to: number) {
  const error = from === to ? `a list of ${from}` : `a list of ${from} to ${to}`;
  return z.array(value, { error }).min(from, { error }).max(to, { error });
}

/** A map from names to things. */
export const map = <Value extends z.core.$ZodType>(value: Value, allowed: string) =>
  z.record(z.string(), value, { error: allowed });

/** A shape with a rule over the whole of it. The rule runs once the shape itself is right. */
export function ruled<Shape extends z.ZodType>(
  shape: Shape,
  rule: (value: z.output<Shape>) => Problem[],
): Shape {
  return shape.superRefine((value, context) => {
    for (const { path, found, allowed, fix } of rule(value)) {
      context.addIssue({ code: "custom", path: [...path], message: allowed, params: { found, fix } });
    }
  });
}
