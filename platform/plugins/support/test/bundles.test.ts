/** The bundled plugins as the CLI starts them: what they answer, and that they print nothing but their port. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { textOf } from "../properties";
import { inClear } from "../secrets";
import { connect, ResourceCalls } from "./bridged";

const root = path.resolve(__dirname, "../../../..");
const out = mkdtempSync(path.join(tmpdir(), "bundles-"));
const { dependencies } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
  dependencies: Record<string, string>;
};

beforeAll(() => {
  const script = path.join(root, "platform/plugins/build.mjs");
  execFileSync(process.execPath, [script, "--out", out, "resource-random", "resource-tls"]);
}, 60_000);

afterAll(() => {
  rmSync(out, { recursive: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  readonly output: string[];
}

async function start(name: string): Promise<Started> {
  const version = dependencies[`@pulumi/${name}`] ?? "";
  const file = path.join(out, `resource-${name}-v${version}`, `pulumi-resource-${name}`);
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "pipe"] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => output.push(String(text)));
  await once(child.stdout, "data");
  return { child, port: Number(output.join("")), output };
}

test.each([
  ["random", "random:index/randomPassword:RandomPassword", { length: 32 }, "result"],
  ["tls", "tls:index/privateKey:PrivateKey", { algorithm: "ECDSA", ecdsaCurve: "P256" }, "privateKeyPem"],
])(
  "%s makes a secret and keeps it to itself",
  async (name, type, inputs, secret) => {
    const { child, port, output } = await start(name);
    const client = connect(port);
    try {
      const calls = new ResourceCalls(client, type);
      const { state } = await calls.create(inputs);
      expect(textOf(inClear(state)[secret]).length).toBeGreaterThanOrEqual(32);
      await expect(new ResourceCalls(client, "no:such:Resource").create(state)).rejects.toThrow(
        "is not covered",
      );
    } finally {
      client.close();
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    expect(output.join("")).toBe(`${String(port)}\n`);
  },
  30_000,
);
