// Measures the project side by side with a peer, in one run, and prints a table; figures go to test/results/bench.json.
// Usage: node test/bench/run.mjs [NAME...], in an environment made by `. platform/env`.
import { image } from "./image.mjs";
import { languageHost } from "./language-host.mjs";
import { preview } from "./preview.mjs";
import { routing } from "./routing.mjs";
import { service } from "./service.mjs";
import { machine, machineLine, save, table } from "./support/report.mjs";
import { Session } from "./support/session.mjs";

const benchmarks = { preview, "language-host": languageHost, image, routing, service };
const results = "test/results/bench.json";

const unknown = process.argv.slice(2).filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  console.error(`NAME is ${unknown.join(", ")}; must be one of ${Object.keys(benchmarks).join(", ")}`);
  process.exit(2);
}
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(benchmarks);

const session = new Session();
const rows = [];
const problems = [];
try {
  for (const name of wanted) {
    if (session.interrupted) break;
    try {
      rows.push(...(await benchmarks[name](session)));
    } catch (error) {
      problems.push(`${name}: ${error.message}`);
      session.say(`${name} failed`);
    }
  }
} finally {
  problems.push(...(await session.close()));
}

if (!session.interrupted) {
  const about = await machine();
  console.log(`\n${table(rows)}\n\n${machineLine(about)}`);
  save(results, { machine: about, rows, problems });
}
for (const problem of problems) console.error(`\nerror: ${problem}`);
const missed = rows.filter(({ met }) => met === false);
console.log(
  `\n${rows.length} figures, ${missed.length} targets missed, ${problems.length} benchmarks failed`,
);
process.exitCode = session.interrupted ? 130 : problems.length + missed.length > 0 ? 1 : 0;
