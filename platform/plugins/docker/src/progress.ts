/** Reads BuildKit's plain progress, which mixes the lines of steps that run side by side. */

const stepLine = /^#(?<step>\d+) (?<text>.*)$/;
const linesKept = 20;

interface Step {
  readonly name: string;
  readonly lines: string[];
}

/** Follows a build line by line: says what to show, and afterwards what went wrong. */
export class BuildProgress {
  private readonly steps = new Map<string, Step>();
  private readonly rest: string[] = [];
  private failed: Step | undefined;
  private cachedSteps = 0;

  /** The text to show for a line of output; undefined when it is of no interest. */
  read(line: string): string | undefined {
    const { step: id, text } = stepLine.exec(line)?.groups ?? {};
    if (id === undefined || text === undefined) {
      this.keep(this.rest, line);
      return undefined;
    }
    const step = this.steps.get(id);
    if (step === undefined) {
      this.steps.set(id, { name: text, lines: [] });
      return isInternal(text) ? undefined : text;
    }
    return this.readStep(step, text);
  }

  private readStep(step: Step, text: string): string | undefined {
    if (text === "CACHED") {
      this.cachedSteps++;
      return isInternal(step.name) ? undefined : `${step.name} CACHED`;
    }
    if (text.startsWith("ERROR: ")) this.failed = step;
    if (text === "" || text.startsWith("DONE ") || text.startsWith("ERROR: ")) return undefined;
    this.keep(step.lines, text);
    return isInternal(step.name) || step.name.startsWith("exporting ") ? undefined : text;
  }

  /** How many steps came out of the cache. */
  get cached(): number {
    return this.cachedSteps;
  }

  /** Why the build failed: BuildKit's reason and the last lines of the step that failed. */
  failure(): string {
    const reason = this.rest.findLast((line) => line.startsWith("ERROR: "));
    const text =
      reason?.replace(/^ERROR: (?:failed to build: )?(?:failed to solve: )?/, "") ?? this.rest.at(-1);
    const lines = (this.failed?.lines ?? []).map((line) => `    ${line}`);
    const where = this.failed === undefined ? [] : [`  in step ${this.failed.name}`];
    return [text ?? "the builder gave no reason", ...where, ...lines].join("\n");
  }

  private keep(lines: string[], line: string): void {
    if (line.trim() === "") return;
    lines.push(line);
    if (lines.length > linesKept) lines.shift();
  }
}

function isInternal(name: string): boolean {
  return (
    name.startsWith("[internal]") ||
    name.startsWith("building with ") ||
    name.startsWith("resolving provenance")
  );
}
