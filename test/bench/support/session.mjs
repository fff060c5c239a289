import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { interrupt, resume } from "./command.mjs";

/** Everything one run of the benchmarks makes, and how it goes away again. */
export class Session {
  folder = mkdtempSync(join(tmpdir(), "twinstack-bench-"));
  interrupted = false;
  #started = performance.now();
  #undo = [];

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      process.on(signal, () => {
        this.say(
          this.interrupted ? "still removing what was made" : `${signal}: ending and removing what was made`,
        );
        if (!this.interrupted) interrupt();
        this.interrupted = true;
      });
    }
  }

  /** A line of progress. */
  say(text) {
    const seconds = Math.round((performance.now() - this.#started) / 1000);
    console.log(`[${String(seconds).padStart(4)} s] ${text}`);
  }

  /** A new folder that goes away with the session. */
  scratch(name) {
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Has `action` done at the end, last come first served, whatever happens. */
  defer(what, action) {
    this.#undo.push({ what, action });
  }

  /** Removes what was made; the problems it met. */
  async close() {
    resume();
    const problems = [];
    for (const { what, action } of this.#undo.reverse()) {
      this.say(what);
      await Promise.resolve()
        .then(action)
        .catch((error) => problems.push(`${what}: ${error.message}`));
    }
    rmSync(this.folder, { recursive: true, force: true });
    return problems;
  }

  /**
   * Measures variants side by side: each once a round, in an order that moves on every round, so that none has the
   * better place.
   *
   * @param variants functions that do the work and return a number, or an object of numbers
   * @returns what they returned, by variant, in the order of the rounds
   */
  async rounds(what, count, variants) {
    const names = Object.keys(variants);
    const seen = Object.fromEntries(names.map((name) => [name, []]));
    for (let round = 0; round < count; round += 1) {
      for (let turn = 0; turn < names.length; turn += 1) {
        const name = names[(round + turn) % names.length];
        this.say(`${what}, round ${round + 1} of ${count}: ${name}`);
        seen[name].push(await variants[name](round));
      }
    }
    return seen;
  }
}
