/** Names of images and registries. */

const domainLabel = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const domain = `(?:${domainLabel}(?:\\.${domainLabel})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?`;
const component = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const imageName = new RegExp(
  `^(?<domain>${domain})/(?<path>${component}(?:/${component})*)(?<tag>:\\w[\\w.-]{0,127})?(?<digest>@sha256:[0-9a-f]{64})?$`,
);

/** An image name taken apart. */
export interface ImageReference {
  /** Host of the registry, with its port if it has one. */
  readonly registry: string;

  /** Registry and path, without tag and digest. */
  readonly repository: string;
}

/** Takes a full image name apart; undefined when the name leaves its registry to be guessed or isn't a name. */
export function parseImageName(name: string): ImageReference | undefined {
  const groups = imageName.exec(name)?.groups;
  const registry = groups?.["domain"];
  const path = groups?.["path"];
  if (registry === undefined || path === undefined) return undefined;
  const isHost = /[.:[A-Z]/.test(registry) || registry === "localhost";
  const isShort = registry === "index.docker.io" || (registry === "docker.io" && !path.includes("/"));
  return isHost && !isShort ? { registry, repository: `${registry}/${path}` } : undefined;
}

/** The key of a registry in Docker's configuration file. */
export function credentialKey(server: string): string {
  const host = server.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  const isDockerHub = ["docker.io", "index.docker.io", "registry-1.docker.io"].includes(host);
  return isDockerHub ? "https://index.docker.io/v1/" : host;
}
