import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { run } from "./command.mjs";
import { figure, median, pairedRatio } from "./statistics.mjs";

/**
 * One line of the report.
 *
 * @param what what was measured, in a few words
 * @param command what was run for it
 * @param unit such as "s"
 * @param values one value a round
 * @param more `peers`: values of peers by name, taken in the same rounds; `target`: the largest value allowed
 */
export function row(what, command, unit, values, { peers = {}, target } = {}) {
  const ratios = Object.fromEntries(
    Object.entries(peers).map(([name, theirs]) => [name, pairedRatio(values, theirs)]),
  );
  const summary = { median: median(values), min: Math.min(...values), max: Math.max(...values) };
  const met = target === undefined ? {} : { target, met: summary.median <= target };
  return { what, command, unit, ...summary, values, ratios, ...met };
}

/** The rows as a Markdown table. */
export function table(rows) {
  const lines = rows.map(({ what, command, unit, values, ratios, target, met, ...summary }) => {
    const [middle, least, most] = [summary.median, summary.min, summary.max].map(figure);
    const value = `${middle} ${unit} (n=${values.length}, ${least}-${most})`;
    const ratio = Object.entries(ratios).map(([peer, factor]) => `${figure(factor)} x ${peer}`);
    const aim = target === undefined ? "" : `${target} ${unit}: ${met ? "met" : "MISSED"}`;
    return [what, `\`${command}\``, value, ratio.join("; "), aim];
  });
  const header = ["what", "command", "median (n, min-max)", "ratio (median of rounds)", "at most"];
  return [header, header.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** The machine and the versions that the figures belong to. */
export async function machine() {
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GiB`;
  const kernel = `Linux ${release()}`;
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const tools = await Promise.all([
    version("pulumi", ["version"]),
    version("go", ["env", "GOVERSION"]),
    version("kubectl", ["version", "--client"]),
  ]);
  const kubernetes = `@pulumi/kubernetes ${lock.packages["node_modules/@pulumi/kubernetes"].version}`;
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? "unknown",
    memory,
    kernel,
    versions: [`node ${process.version}`, ...tools, kubernetes],
  };
}

async function version(command, args) {
  const { code, stdout } = await run(command, args, { deadlineSeconds: 20 }).catch(() => ({ code: 1 }));
  return `${command} ${code === 0 ? (stdout.match(/v?\d[\w.+-]*/)?.[0] ?? stdout.trim()) : "absent"}`;
}

/** The machine in one line. */
export const machineLine = ({ cores, processor, memory, kernel, versions }) =>
  `Machine: ${cores} cores (${processor}), ${memory}, ${kernel}; ${versions.join(", ")}`;

/** Keeps the figures for a later comparison. */
export function save(file, content) {
  mkdirSync("test/results", { recursive: true });
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
}
