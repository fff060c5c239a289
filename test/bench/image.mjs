import { appendFileSync, cpSync, existsSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { must } from "./support/command.mjs";
import { row } from "./support/report.mjs";
import { localTopology } from "./support/stand.mjs";
import { dockerStandIn } from "./support/stand-in.mjs";

const roundCount = 3;
const megabyte = 1_000_000;

/**
 * The service's image: a rebuild after a change of its source against a build without cache, and its size. The
 * builds stay in BuildKit's cache, which it bounds by itself; nothing is pushed.
 */
export async function image(session) {
  const context = join(session.scratch("image"), "services");
  cpSync("services", context, { recursive: true });
  const build = await builder(session, context);
  session.say("image: a first build fills the cache");
  await build();

  const seen = await session.rounds("image", roundCount, {
    "changed source": (round) => {
      // Of this run alone: BuildKit still knows the sources of runs before.
      appendFileSync(join(context, "cmd/web/main.go"), `\nvar Changed${round} = ${Date.now()}\n`);
      return build();
    },
    "no cache": () => build("--no-cache"),
  });
  const { unpacked, packed } = await size();
  const peers = { "no cache": seen["no cache"] };
  return [
    row("image rebuild, changed source", "buildx build", "s", seen["changed source"], { peers }),
    row("peer: the same without layer cache", "buildx build --no-cache", "s", seen["no cache"]),
    row("image size, unpacked", "layers of output image", "MB", [unpacked], { target: 15 }),
    row("image size, in the registry", "layers of output image", "MB", [packed]),
  ];
}

/** A function that builds the image as the docker stand-in does, and returns the seconds. */
async function builder(session, context) {
  const { buildCommand, buildEnvironment, chooseBuilder, findBuildx, toBuildPlan } =
    await dockerStandIn(session);
  const { images, service } = localTopology();
  const plan = toBuildPlan({
    imageName: `${images.registry}/web:bench`,
    build: {
      context,
      dockerfile: join(context, "Dockerfile"),
      args: { BUILDER: images.builder, COMMAND: "cmd/web", VERSION: service.version },
    },
  });
  const folder = session.scratch("buildx");
  const buildx = await findBuildx(process.env);
  const env = await chooseBuilder(buildx, process.env, folder);
  const bundle = process.env.SSL_CERT_FILE;
  const [verb, ...args] = buildCommand(plan, {
    metadataFile: join(folder, "metadata.json"),
    caFile: bundle !== undefined && existsSync(bundle) ? bundle : undefined,
    remote: env.BUILDX_BUILDER !== undefined,
    push: false,
  });
  return async (...more) => {
    const all = [...buildx.prefix, verb, ...more, ...args];
    const options = { env: buildEnvironment(plan, env), deadlineSeconds: 300 };
    return (await must(buildx.command, all, options)).seconds;
  };
}

/** Megabytes of the running stack's image: as its files lie on a node's disk, and as it is fetched. */
async function size() {
  const { stdout } = await must("pulumi", ["stack", "output", "image", "--stack", "local"]);
  const [name, digest] = stdout.trim().split("@");
  const [registry, ...path] = name.split("/");
  const base = `http://${registry}/v2/${path.join("/")}`;
  const { layers } = JSON.parse((await fetched(`${base}/manifests/${digest}`)).toString());
  const blobs = await Promise.all(layers.map((layer) => fetched(`${base}/blobs/${layer.digest}`)));
  const total = (sizes) => sizes.reduce((sum, bytes) => sum + bytes, 0) / megabyte;
  return {
    unpacked: total(blobs.map((blob) => gunzipSync(blob).length)),
    packed: total(blobs.map((blob) => blob.length)),
  };
}

function fetched(url) {
  const types = ["docker.distribution.manifest.v2", "oci.image.manifest.v1"];
  const accept = types.map((type) => `application/vnd.${type}+json`).join(", ");
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { accept }, timeout: 30_000 }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks));
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    });
    request.on("timeout", () => request.destroy(new Error(`no answer from ${url} within 30 s`)));
    request.on("error", reject);
  });
}
