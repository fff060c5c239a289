import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { buildImage } from "../../platform/plugins/docker/src/build";
import { chooseBuilder, findBuildx } from "../../platform/plugins/docker/src/builder";
import { buildCommand, buildEnvironment } from "../../platform/plugins/docker/src/command";
import { type BuildPlan, text, toBuildPlan } from "../../platform/plugins/docker/src/inputs";
import { must } from "./support/command";
import { type Environment, environment, restore } from "./support/environment";

const megabyte = 1_000_000;
let local: Environment;
let folder: string;
let plan: BuildPlan;

beforeAll(async () => {
  local = await environment();
  const registry = local.outputs.image.split("/")[0] ?? "";
  folder = mkdtempSync(join(tmpdir(), "twinstack-image-"));
  const context = join(folder, "services");
  cpSync("services", context, { recursive: true });
  plan = toBuildPlan({
    imageName: `${registry}/scenario/web:1`,
    build: {
      context,
      dockerfile: join(context, "Dockerfile"),
      platform: "linux/amd64",
      args: { BUILDER: `${registry}/base/go:trixie`, COMMAND: "cmd/web", VERSION: "1.0.0-scenario" },
    },
  });
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await restore(local);
});

/** Builds and pushes with the docker provider's own code: what was shown, and the image by digest. */
async function build(): Promise<{ shown: string[]; ref: string }> {
  const shown: string[] = [];
  const state = await buildImage(plan, {
    env: process.env,
    preview: false,
    signal: AbortSignal.timeout(240_000),
    show: (text) => shown.push(text),
  });
  return { shown, ref: text(state["repoDigest"]) ?? "" };
}

async function fetched(ref: string, kind: "manifests" | "blobs", digest: string): Promise<Buffer> {
  const [registry = "", ...path] = (ref.split("@")[0] ?? "").split("/");
  const response = await fetch(`http://${registry}/v2/${path.join("/")}/${kind}/${digest}`, {
    headers: { accept: "application/vnd.docker.distribution.manifest.v2+json" },
  });
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** Bytes of an image's files, as they lie on a node's disk. */
async function unpackedBytes(ref: string): Promise<number> {
  const manifest = await fetched(ref, "manifests", ref.split("@")[1] ?? "");
  const { layers } = JSON.parse(manifest.toString()) as { layers: { digest: string }[] };
  const sizes = layers.map(async ({ digest }) => gunzipSync(await fetched(ref, "blobs", digest)).length);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

test("the service's image is at most 15 MB", async () => {
  const bytes = await unpackedBytes(local.outputs.image);
  console.log(`image: ${(bytes / megabyte).toFixed(1)} MB unpacked`);
  expect(bytes).toBeLessThanOrEqual(15 * megabyte);
});

test("equal source gives an equal digest, without any cache too", async () => {
  const { ref } = await build();
  const buildx = await findBuildx(process.env);
  const env = await chooseBuilder(buildx, process.env, join(folder, "buildx"));
  const metadataFile = join(folder, "metadata.json");
  const caFile = process.env["SSL_CERT_FILE"];
  const [verb = "", ...args] = buildCommand(plan, { metadataFile, caFile, remote: true, push: true });
  await must(buildx.command, [...buildx.prefix, verb, "--no-cache", ...args], {
    env: buildEnvironment(plan, env) as Record<string, string>,
  });
  const metadata = JSON.parse(readFileSync(metadataFile, "utf8")) as Record<string, unknown>;
  expect(ref).toBe(`${ref.split("@")[0] ?? ""}@${String(metadata["containerimage.digest"])}`);
});

test("a rebuild after a source change downloads no module", async () => {
  const before = await build();
  appendFileSync(join(plan.context, "cmd/web/main.go"), "\nvar Changed = true\n");
  const after = await build();
  expect(after.ref).not.toBe(before.ref);
  expect(after.shown.filter((line) => line.includes("go mod download"))).toEqual([
    expect.not.stringContaining("CACHED"),
    expect.stringContaining("CACHED"),
  ]);
  expect(after.shown.filter((line) => line.includes("go: downloading"))).toEqual([]);
});
