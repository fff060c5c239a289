import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** The docker stand-in's own code, so that what is measured is what `pulumi up` does. */
export async function dockerStandIn(session) {
  const outfile = join(session.scratch("docker"), "stand-in.mjs");
  await build({
    stdin: {
      contents: ["builder", "command", "inputs"].map((name) => `export * from "./${name}";`).join("\n"),
      resolveDir: resolve("platform/plugins/docker/src"),
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
  });
  return import(pathToFileURL(outfile).href);
}
