/** The provider's own configuration. */
import type { Environment } from "./builder";

/** Settings of the official provider that this one has no use for; being silent about them would mislead. */
const unsupported = ["caMaterial", "certMaterial", "keyMaterial", "sshOpts"];
const prefix = "docker:config:";

/** The environment for buildx under the given configuration. Throws for settings that are not covered. */
export function configuredEnvironment(variables: ReadonlyMap<string, string>, env: Environment): Environment {
  const setting = (name: string): string | undefined => variables.get(prefix + name);
  const wrong = unsupported.filter((name) => (setting(name) ?? "") !== "");
  if (wrong.length > 0) {
    const names = wrong.map((name) => `docker:${name}`).join(", ");
    throw new Error(
      `${names} is set; this provider reaches a builder by BUILDKIT_HOST, BUILDX_BUILDER, docker:host or docker:certPath ` +
        "only: unset it, or use the official docker plugin",
    );
  }
  const host = setting("host");
  const certPath = setting("certPath");
  return {
    ...env,
    ...(host === undefined ? {} : { DOCKER_HOST: host }),
    ...(certPath === undefined ? {} : { DOCKER_CERT_PATH: certPath, DOCKER_TLS_VERIFY: "1" }),
  };
}
