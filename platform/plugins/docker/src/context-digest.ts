/**
 * The digest of a build context. It is an input of the resource, so that a source change is a change of the resource, and
 * it must equal the official provider's: otherwise taking over a stack would build every image again.
 */
import { createHash, type Hash } from "node:crypto";
import { constants, createReadStream, type Stats } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";

import { IgnoreMatcher, parseIgnoreFile, type PatternMatches } from "./ignore";

const maxLinks = 255;

/** The digest of all files that take part in a build, in hexadecimal. */
export async function contextDigest(context: string, dockerfile: string): Promise<string> {
  const total = createHash("sha256");
  // The Dockerfile goes in first under a fixed name: its content matters, not where it lies.
  addEntry(total, "Dockerfile", "----------", await hashFile(dockerfile));
  const matcher = new IgnoreMatcher(await ignorePatterns(context, dockerfile));
  for await (const file of contextFiles(context, matcher)) {
    const full = path.join(context, file.name);
    addEntry(total, file.name, goFileMode(file.stats), await hashEntry(full, file.stats));
  }
  return total.digest("hex");
}

/** The files of a context that aren't ignored, in the order of their names, directory by directory. */
export async function* contextFiles(
  context: string,
  matcher: IgnoreMatcher,
  directory = "",
  parent?: PatternMatches,
): AsyncGenerator<{ name: string; stats: Stats }> {
  const names = await readdir(path.join(context, directory));
  names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const base of names) {
    const name = directory === "" ? base : `${directory}/${base}`;
    const stats = await lstat(path.join(context, name));
    const { ignored, prune, matches } = matcher.match(name, parent);
    if (stats.isDirectory()) {
      if (!prune) yield* contextFiles(context, matcher, name, matches);
    } else if (!ignored) {
      yield { name, stats };
    }
  }
}

/** The Dockerfile's own ignore file if there is one, else the context's. */
async function ignorePatterns(context: string, dockerfile: string): Promise<string[]> {
  for (const file of [`${dockerfile}.dockerignore`, path.join(context, ".dockerignore")]) {
    try {
      return parseIgnoreFile(await readFile(file, "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return [];
}

function addEntry(total: Hash, name: string, mode: string, content: Buffer): void {
  total.update(name).update(mode).update(content).update("\0");
}

async function hashEntry(file: string, stats: Stats): Promise<Buffer> {
  if (stats.isSymbolicLink()) {
    return createHash("sha256")
      .update(await evalSymlinks(file))
      .digest();
  }
  return stats.isFile() ? hashFile(file) : createHash("sha256").digest();
}

async function hashFile(file: string): Promise<Buffer> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest();
}

/** Where a path leads when all links are followed; a relative path stays relative to the working directory. */
export async function evalSymlinks(file: string): Promise<string> {
  const pending = file.split("/");
  let real = file.startsWith("/") ? "/" : "";
  let links = 0;
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part === "" || part === ".") continue;
    const next = path.join(real, part);
    const stats = part === ".." ? undefined : await lstat(next);
    if (stats?.isSymbolicLink() !== true) {
      real = next;
      continue;
    }
    if (++links > maxLinks)
      throw new Error(`${file} leads through more than ${String(maxLinks)} symbolic links`);
    const target = await readlink(next);
    if (target.startsWith("/")) real = "/";
    pending.unshift(...target.split("/"));
  }
  return real === "" ? "." : real;
}

/** A file's mode as Go prints it, such as `-rw-r--r--`; the order of the letters is Go's. */
export function goFileMode(stats: Pick<Stats, "mode">): string {
  const { mode } = stats;
  const type = mode & constants.S_IFMT;
  const letters = [
    type === constants.S_IFLNK && "L",
    (type === constants.S_IFBLK || type === constants.S_IFCHR) && "D",
    type === constants.S_IFIFO && "p",
    (mode & 0o4000) !== 0 && "u",
    (mode & 0o2000) !== 0 && "g",
    type === constants.S_IFCHR && "c",
    (mode & 0o1000) !== 0 && "t",
  ].filter((letter) => letter !== false);
  const permissions = Array.from("rwxrwxrwx", (letter, i) => ((mode >> (8 - i)) & 1 ? letter : "-"));
  return [...(letters.length === 0 ? ["-"] : letters), ...permissions].join("");
}
