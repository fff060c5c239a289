import { notYetKnown } from "../../policies/manifest";
import type { Resource } from "../../policies/rule";
import { rules } from "../../policies/rules";
import { violations } from "./failing";
import { goodStacks } from "./fixture";

// A first preview knows little of what it will make: whatever is not known, no rule may report it.

const isBranch = (value: unknown): value is object => typeof value === "object" && value !== null;

/** What the program itself decides, so that it is known before anything is there: who an object is, and what it runs. */
const decided = new Set(["args", "command", "labels", "matchLabels", "metadata"]);

/** Copies of a value, each with one of its leaves not known, however deep that is. */
function doubts(value: object): object[] {
  return Object.keys(value)
    .filter((key) => !decided.has(key))
    .flatMap((key) => {
      const part = (value as Record<string, unknown>)[key];
      return (isBranch(part) ? doubts(part) : [notYetKnown]).map((doubt) =>
        Array.isArray(value) ? value.with(Number(key), doubt) : { ...value, [key]: doubt },
      );
    });
}

const everyDoubt = (stack: readonly Resource[]): Resource[][] =>
  stack.flatMap((resource, index) =>
    doubts(resource.props).map((props) => stack.with(index, { ...resource, props })),
  );

test.each(["clusters", "aws"] as const)(
  "no rule reports what is not known of the good stack on %s",
  (kind) => {
    const stacks = everyDoubt(goodStacks()[kind]);
    expect(stacks.length).toBeGreaterThan(100);
    const found = stacks.flatMap((stack) => rules.flatMap((rule) => violations(rule, stack)));
    expect([...new Set(found)]).toEqual([]);
  },
);
