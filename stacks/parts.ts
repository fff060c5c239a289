import type { z } from "zod";
import type { Path } from "../components";

/** A member of what may or may not be an object. */
export function member(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string | number, unknown>)[key]
    : undefined;
}

/** The value at a path, if there is one. */
export const valueAt = (raw: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, step) => member(value, step), raw);

/** The value if it has a part's shape. Rules look only at such parts; what is wrong with the others is told already. */
export function shaped<Shape extends z.ZodType>(shape: Shape, value: unknown): z.output<Shape> | undefined {
  const parsed = shape.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
