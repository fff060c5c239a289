import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type PowerDns, renderPowerDns } from "../../../components/dns/powerdns-config";

/**
 * Where PowerDNS is: `/` where it is installed, or a directory into which its packages (pdns-server, pdns-backend-bind,
 * pdns-tools) were extracted. Tests with the real server are left out without it.
 */
export const powerDnsRoot = process.env["TWINSTACK_POWERDNS_ROOT"];

/** A command of the extracted packages, run with their own libraries. */
function command(path: string): [string, ...string[]] {
  const root = powerDnsRoot ?? "/";
  if (root === "/") return [path];
  const directory = ["lib64", "lib"].map((each) => join(root, each));
  const loader = directory
    .flatMap((each) => readdirSync(each).map((file) => join(each, file)))
    .find((file) => /\/ld-linux[^/]*\.so\.\d$/.test(file));
  if (loader === undefined) throw new Error(`${root} holds no dynamic loader in lib64 or lib`);
  return [loader, "--library-path", libraries(root), join(root, path)];
}

/** Where Debian keeps libraries: one directory an architecture. */
const libraries = (root: string): string =>
  readdirSync(join(root, "usr/lib"))
    .filter((each) => each.endsWith("-linux-gnu"))
    .map((each) => join(root, "usr/lib", each))
    .join(":");

/** A UDP port nobody has, below those that clients are given, whose questions come and go while servers start. */
async function freePort(): Promise<number> {
  for (;;) {
    const socket = createSocket("udp4");
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const taken = once(socket, "error").then(() => true);
    socket.bind(port);
    if (await Promise.race([taken, once(socket, "listening").then(() => false)])) continue;
    socket.close();
    return port;
  }
}

/** A real pdns_server with the files a pod would get. */
export class PdnsServer {
  private constructor(
    private readonly directory: string,
    private readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  static async start(files: PowerDns): Promise<PdnsServer> {
    const directory = mkdtempSync(join(tmpdir(), "twinstack-dns-"));
    const port = await freePort();
    const layout = { configDirectory: directory, runDirectory: directory, port };
    for (const [name, text] of Object.entries(renderPowerDns(files, layout))) {
      writeFileSync(join(directory, name), text);
    }
    const [program, ...args] = command("/usr/sbin/pdns_server");
    const modules = powerDnsRoot === "/" ? [] : [`--module-dir=${libraries(powerDnsRoot ?? "")}/pdns`];
    const child = spawn(program, [...args, `--config-dir=${directory}`, ...modules], { stdio: "ignore" });
    return new PdnsServer(directory, port, child);
  }

  /** Records of a name, as `dig +short` would list them, in a fixed order. */
  async ask(name: string, type: "A" | "TXT" | "SOA" | "NS"): Promise<string[]> {
    const [program, ...args] = command("/usr/bin/sdig");
    const { stdout } = await promisify(execFile)(program, [...args, "127.0.0.1", `${this.port}`, name, type]);
    const records = stdout.split("\n").map((line) => line.split("\t"));
    return records
      .flatMap(([, , , , kind, data]) => (kind === type && data !== undefined ? [data] : []))
      .sort();
  }

  /** Runs a script of the pod's probes as the kubelet does, until it passes. */
  async passes(script: "started.sh" | "ready.sh"): Promise<void> {
    const [program, ...args] = command("/usr/bin/sdig");
    const shell = `sdig() { ${[program, ...args].join(" ")} "$@"; }\n. ${join(this.directory, script)}`;
    const deadline = Date.now() + 20_000;
    for (;;) {
      try {
        await promisify(execFile)("/bin/sh", ["-c", shell]);
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await sleep(250);
      }
    }
  }

  async stop(): Promise<void> {
    const running = this.child.exitCode === null && this.child.signalCode === null;
    if (running && this.child.kill()) await once(this.child, "exit");
    rmSync(this.directory, { recursive: true, force: true });
  }
}
