/**
 * Ignore files as BuildKit reads them. The build context's digest is part of a resource's state, so the choice of files
 * must equal the official provider's to the last corner case; test/fixtures/docker/ignore.json holds its answers.
 */
import * as path from "node:path";

/** What each pattern said about a path, handed to the paths below it. */
export type PatternMatches = readonly boolean[];

/** What is to be done with a path. */
export interface Verdict {
  /** Left out of the context. */
  readonly ignored: boolean;

  /** A directory below which everything is left out too. */
  readonly prune: boolean;

  /** To be handed to the paths below. */
  readonly matches: PatternMatches;
}

interface Pattern {
  readonly exception: boolean;
  readonly matches: (file: string) => boolean;
}

/** Go's filepath.Clean: path.normalize, but without a trailing slash. */
function clean(file: string): string {
  const normal = path.posix.normalize(file);
  return normal.length > 1 && normal.endsWith("/") ? normal.slice(0, -1) : normal;
}

/** The patterns of an ignore file's text: no comments, no blank lines, cleaned and relative to the context. */
export function parseIgnoreFile(text: string): string[] {
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#") && line.trim() !== "")
    .map((line) => {
      const exception = line.trim().startsWith("!");
      const bare = exception ? line.trim().slice(1).trim() : line.trim();
      const cleaned = bare === "" ? "" : clean(bare);
      const relative = cleaned.length > 1 && cleaned.startsWith("/") ? cleaned.slice(1) : cleaned;
      return exception ? `!${relative}` : relative;
    });
}

/** A regular expression for one pattern; undefined when it has no wildcard and is to be compared as text. */
function toRegExp(pattern: string): RegExp | undefined {
  let source = "";
  let wildcards = false;
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern.charAt(i);
    if (character === "*" && pattern.charAt(i + 1) === "*") {
      i += pattern.charAt(i + 2) === "/" ? 2 : 1;
      source += i + 1 >= pattern.length ? ".*" : "(?:.*/)?";
      wildcards = true;
    } else if (character === "*" || character === "?") {
      source += character === "*" ? "[^/]*" : "[^/]";
      wildcards = true;
    } else if (character === "\\" && i + 1 < pattern.length) {
      i++;
      source += `\\${pattern.charAt(i)}`;
      wildcards = true;
    } else if (character === "[" || character === "]") {
      source += character;
      wildcards = true;
    } else {
      // "|" and braces keep their meaning in a regular expression, as they do (by accident) in BuildKit.
      source += ".+()$\\".includes(character) ? `\\${character}` : character;
    }
  }
  if (!wildcards) return undefined;
  try {
    return new RegExp(`^${source}$`);
  } catch {
    throw new Error(
      `the ignore file has the pattern ${JSON.stringify(pattern)}, whose bracket is never closed or holds a wrong ` +
        'range; write "\\[" for a plain bracket',
    );
  }
}

const hasWildcard = /[*?[\]\\]/;

function matcherOf(pattern: string): (file: string) => boolean {
  if (pattern.startsWith("**") && pattern.length > 2 && !hasWildcard.test(pattern.slice(2))) {
    const suffix = pattern.slice(2);
    return (file) => file.endsWith(suffix) || (suffix.startsWith("/") && file === suffix.slice(1));
  }
  if (pattern.endsWith("**") && pattern.length > 2 && !hasWildcard.test(pattern.slice(0, -2))) {
    const prefix = pattern.slice(0, -2);
    return (file) => file.startsWith(prefix);
  }
  const regExp = toRegExp(pattern);
  return regExp === undefined ? (file) => file === pattern : (file) => regExp.test(file);
}

/** Decides which paths of a build context are left out. */
export class IgnoreMatcher {
  private readonly patterns: readonly Pattern[];

  constructor(patterns: readonly string[]) {
    this.patterns = patterns
      .map((pattern) => clean(pattern.trim()))
      .filter((pattern) => pattern !== "" && pattern !== ".")
      .map((pattern) => {
        const exception = pattern.startsWith("!");
        if (pattern === "!") {
          throw new Error(
            'the ignore file has the line "!"; an exception needs a pattern, such as "!keep.txt"',
          );
        }
        return { exception, matches: matcherOf(exception ? pattern.slice(1) : pattern) };
      });
  }

  /** Judges `file` (relative, with "/"), given what the patterns said about its parent directory. */
  match(file: string, parent: PatternMatches | undefined): Verdict {
    const matches: boolean[] = [];
    let ignored = false;
    for (const [i, { exception, matches: test }] of this.patterns.entries()) {
      // A pattern that can't change the verdict isn't asked, and so says "no" to the paths below.
      const matched = parent?.[i] === true || (exception === ignored && test(file));
      if (matched) ignored = !exception;
      matches.push(matched);
    }
    return { ignored, prune: ignored && !this.patterns.some((pattern) => pattern.exception), matches };
  }
}
