/** Hands a registry's credentials to buildx by a private configuration file: never by an argument, never by a log. */
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";

import type { Environment } from "./builder";
import type { Registry } from "./inputs";
import { credentialKey, parseImageName } from "./reference";

/** Docker's configuration, as far as it is touched here. */
interface DockerConfig {
  readonly auths?: Readonly<Record<string, unknown>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** The user's configuration with one more set of credentials, which wins over any helper the user has. */
export function withCredentials(
  config: DockerConfig,
  server: string,
  username: string,
  password: string,
): DockerConfig {
  const auth = Buffer.from(`${username}:${password}`).toString("base64");
  return {
    ...config,
    auths: { ...config.auths, [server]: { auth } },
    credHelpers: { ...config.credHelpers, [server]: "" },
  };
}

/**
 * The environment in which buildx uses the credentials of the program, if it gave a user name and a password. `folder`
 * becomes Docker's configuration folder: a copy of the user's with links to all but the configuration file.
 */
export async function useCredentials(
  env: Environment,
  registry: Registry,
  imageName: string,
  folder: string,
): Promise<Environment> {
  const { username, password } = registry;
  if (username === undefined || password === undefined) return env;
  const server = credentialKey(
    registry.server === "" ? (parseImageName(imageName)?.registry ?? "") : registry.server,
  );
  const users = env["DOCKER_CONFIG"] ?? path.join(env["HOME"] ?? os.homedir(), ".docker");

  await mkdir(folder, { mode: 0o700 });
  const others = (await entries(users)).filter((name) => name !== "config.json");
  await Promise.all(others.map((name) => symlink(path.resolve(users, name), path.join(folder, name))));
  const config = withCredentials(
    await readConfig(path.join(users, "config.json")),
    server,
    username,
    password,
  );
  await writeFile(path.join(folder, "config.json"), JSON.stringify(config), { mode: 0o600 });
  return { ...env, DOCKER_CONFIG: folder };
}

function entries(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function readConfig(file: string): Promise<DockerConfig> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  try {
    return JSON.parse(text) as DockerConfig;
  } catch {
    throw new Error(`${file} is not valid JSON; repair it or remove it`);
  }
}
