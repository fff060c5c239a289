import { notYetKnown } from "../../policies/manifest";
import type { Resource } from "../../policies/rule";
import { rules } from "../../policies/rules";
import { violations } from "./failing";
import { goodStacks } from "./fixture";

// A first preview knows little of what it will make: whatever is not known, no rule may report it.

const isBranch = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Copies of a value, each with one of its parts not known, however deep that is. */
function doubts(value: object): object[] {
  return Object.keys(value).flatMap((key) => {
    const part = (value as Record<string, unknown>)[key];
    const others = isBranch(part) ? doubts(part) : [];
    return [notYetKnown, ...others].map((doubt) =>
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
    expect(stacks.length).toBeGreaterThan(200);
    const found = stacks.flatMap((stack) => rules.flatMap((rule) => violations(rule, stack)));
    expect([...new Set(found)]).toEqual([]);
  },
);
