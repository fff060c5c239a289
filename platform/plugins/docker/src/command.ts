/** The arguments and the environment of one `buildx build`. */
import type { Environment } from "./builder";
import type { BuildPlan } from "./inputs";

/** Without a time in it, equal source gives an equal digest. A program that wants another time says so in build.args. */
const defaultSourceDateEpoch = "0";

/** Variables that buildx itself obeys: as build arguments they would change the builder instead of the build. */
const reservedNames = /^(?:PATH|HOME|TMPDIR|SSL_CERT_FILE|SSL_CERT_DIR|BUILDKIT_HOST|BUILDX_.*|DOCKER_.*)$/;

/** What a build needs beyond its plan. */
export interface CommandOptions {
  /** File that takes the digests. */
  readonly metadataFile: string;

  /** Certificate bundle handed in as secret `ca`, for builds behind a TLS-inspecting proxy. */
  readonly caFile: string | undefined;

  /** Leaves the result where the builder keeps it, rather than in a local Docker. */
  readonly remote: boolean;

  /** Overrides the plan's push: a preview only builds. */
  readonly push: boolean;
}

/** The arguments of `buildx`. They name build arguments; the values are in {@link buildEnvironment}. */
export function buildCommand(plan: BuildPlan, options: CommandOptions): string[] {
  const flag = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [name, value];
  return [
    "build",
    "--progress=plain",
    "--provenance=false",
    "--sbom=false",
    ...flag("--file", plan.dockerfile),
    ...flag("--platform", plan.platform),
    ...flag("--target", plan.target),
    ...flag("--network", plan.network),
    ...plan.addHosts.flatMap((host) => ["--add-host", host]),
    ...plan.cacheFrom.flatMap((image) => ["--cache-from", image]),
    ...Object.keys(buildArgs(plan)).flatMap((name) => ["--build-arg", name]),
    ...flag("--secret", options.caFile === undefined ? undefined : `id=ca,src=${options.caFile}`),
    ...flag("--metadata-file", options.metadataFile),
    ...flag("--output", output(plan, options)),
    plan.context,
  ];
}

/** The environment of `buildx`. Values of build arguments may be secret, and arguments can be read by everybody. */
export function buildEnvironment(plan: BuildPlan, env: Environment): Environment {
  const args = buildArgs(plan);
  const reserved = Object.keys(args).filter((name) => reservedNames.test(name) && args[name] !== env[name]);
  if (reserved.length > 0) {
    throw new Error(
      reserved
        .map((name) => `build.args.${name} has a name that the builder itself obeys; choose another name`)
        .join("\n"),
    );
  }
  return { ...env, BUILDX_METADATA_PROVENANCE: "disabled", BUILDX_GIT_INFO: "false", ...args };
}

function buildArgs(plan: BuildPlan): Readonly<Record<string, string>> {
  return { SOURCE_DATE_EPOCH: defaultSourceDateEpoch, ...plan.args };
}

function output(plan: BuildPlan, options: CommandOptions): string {
  if (!options.push && !options.remote) return `type=docker,name=${plan.imageName},rewrite-timestamp=true`;
  return `type=image,name=${plan.imageName},push=${String(options.push)},rewrite-timestamp=true`;
}
