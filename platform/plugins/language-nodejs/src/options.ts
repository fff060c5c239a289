/** Package managers that Pulumi.yaml may name; this host installs with npm only. */
const PACKAGE_MANAGERS = ["auto", "npm", "yarn", "pnpm", "bun"] as const;

/** The options of `runtime.options` in Pulumi.yaml or PulumiPolicy.yaml. */
export interface RuntimeOptions {
  /** Load TypeScript sources directly. @default true */
  readonly typescript: boolean;

  /** Path of the tsconfig, relative to the program's folder. @default tsconfig.json, if there is one */
  readonly tsconfig: string | undefined;

  /** Arguments for node itself. @default none */
  readonly nodeargs: readonly string[];

  /** Leave out devDependencies when installing. @default false */
  readonly production: boolean;

  /** Who installs dependencies. @default "auto" */
  readonly packagemanager: (typeof PACKAGE_MANAGERS)[number];
}

/** Reads the runtime's options and tells all that is wrong with them at once. */
export function parseRuntimeOptions(raw: Readonly<Record<string, unknown>>): RuntimeOptions {
  const problems: string[] = [];
  const read = <T>(
    key: string,
    fallback: T,
    allowed: string,
    accept: (value: unknown) => T | undefined,
  ): T => {
    const value = raw[key];
    if (value === undefined) {
      return fallback;
    }
    const accepted = accept(value);
    if (accepted === undefined) {
      problems.push(`runtime.options.${key} is ${JSON.stringify(value)}; must be ${allowed}`);
      return fallback;
    }
    return accepted;
  };

  const options: RuntimeOptions = {
    typescript: read("typescript", true, "true or false", asBoolean),
    tsconfig: read<string | undefined>("tsconfig", undefined, "the path of a tsconfig file", asString),
    nodeargs: read<readonly string[]>("nodeargs", [], "a string of arguments with closed quotes", (value) =>
      typeof value === "string" ? splitArguments(value) : undefined,
    ),
    production: read("production", false, "true or false", asBoolean),
    packagemanager: read("packagemanager", "auto", `one of ${PACKAGE_MANAGERS.join(", ")}`, (value) =>
      PACKAGE_MANAGERS.find((name) => name === value),
    ),
  };
  if (problems.length > 0) {
    throw new Error(problems.join("\n"));
  }
  return options;
}

/** Splits a command line as a POSIX shell would, without expansions; undefined when a quote is left open. */
export function splitArguments(line: string): string[] | undefined {
  // One part of a word: 'single quoted', "double quoted", \escaped, or plain.
  const part = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)/y;
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < line.length) {
    part.lastIndex = at;
    const match = part.exec(line);
    if (match !== null) {
      word =
        (word ?? "") + (match[1] ?? match[2]?.replace(/\\(["\\$`])/g, "$1") ?? match[3] ?? match[4] ?? "");
      at = part.lastIndex;
      continue;
    }
    if (!/\s/.test(line.charAt(at))) {
      return undefined;
    }
    if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
    at += 1;
  }
  return word === undefined ? words : [...words, word];
}

function asBoolean(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

function asString(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
