import type { FieldPath } from "./replace-rules";

/** Writes a path as Pulumi does: `spec.containers[0].image`, `metadata.annotations["example.com/key"]`. */
export function formatPath(path: FieldPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") {
      text += `[${step}]`;
    } else if (/[."[\]]/.test(step)) {
      text += `["${step.replaceAll('"', '\\"')}"]`;
    } else {
      text += text === "" ? step : `.${step}`;
    }
  }
  return text;
}

/** Reads a path as Pulumi's `ignoreChanges` writes it; `*` stands for any step. */
export function parsePath(text: string): FieldPath {
  const steps: (string | number)[] = [];
  const token = /\.?([^.[\]"]+)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]/y;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (match === null) {
      throw new Error(
        `ignoreChanges names ${JSON.stringify(text)}, which can't be read from position ${at}; ` +
          'write a path such as spec.replicas, spec.containers[0].image or metadata.annotations["example.com/key"]',
      );
    }
    const [, name, index, quoted] = match;
    if (index !== undefined && index !== "*") {
      steps.push(Number(index));
    } else {
      steps.push(name ?? index ?? (quoted ?? "").replaceAll('\\"', '"'));
    }
  }
  return steps;
}

/** Whether a path is, or lies below, another one. */
export function contains(outer: FieldPath, inner: FieldPath): boolean {
  return outer.length <= inner.length && outer.every((step, index) => step === "*" || step === inner[index]);
}
