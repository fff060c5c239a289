import { must } from "./support/command.mjs";
import { row } from "./support/report.mjs";

const roundCount = 5;

/** The Go service's own benchmarks, on one core: what a request costs beyond its hashing. */
export async function service(session) {
  const seen = await session.rounds("service", roundCount, {
    "one hash": () => microseconds("./internal/server", "^BenchmarkProcess$/^iterations=1$"),
    "default hashes": () => microseconds("./internal/server", "^BenchmarkProcess$/^iterations=[0-9]{2,}$"),
    "hashing alone": () => microseconds("./internal/process", "^BenchmarkDigest$"),
  });
  const command = "go test -bench";
  const peers = { "hashing alone": seen["hashing alone"] };
  return [
    row("whole handler, 1 hash", `${command} Process`, "us", seen["one hash"]),
    row("whole handler, default hashes", `${command} Process`, "us", seen["default hashes"], { peers }),
    row("peer: hashing alone", `${command} Digest`, "us", seen["hashing alone"]),
  ];
}

/** What one operation of a benchmark takes, from a line such as `BenchmarkDigest   1234   9876 ns/op`. */
async function microseconds(path, name) {
  const args = ["test", "-run", "^$", "-bench", name, "-benchtime", "0.5s", "-cpu", "1", path];
  const { stdout } = await must("go", args, { cwd: "services" });
  const [, nanoseconds] = /^Benchmark\S+\s+\d+\s+([\d.]+) ns\/op/m.exec(stdout) ?? [];
  if (nanoseconds === undefined) throw new Error(`'go ${args.join(" ")}' measured nothing:\n${stdout}`);
  return Number(nanoseconds) / 1000;
}
