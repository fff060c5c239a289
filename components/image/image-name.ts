import { type Path, type Problem, show } from "../core";

/** What a repository may be, in words. */
const repositoryRule = "a registry and a path without tag or digest, such as registry.example:5000/team/web";
const imageRule = "an image name, such as nginx:1.30 or registry.example:5000/team/nginx:1.30";
const versionRule =
  "1 to 128 letters, digits, dots, hyphens, underscores and plus signs, letter or digit first";

const host = "(?:localhost|[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9.-]+(?=:))(?::[0-9]+)?";
const path = "[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*";
const repositoryPattern = new RegExp(`^${host}/${path}$`);
const imagePattern = new RegExp(`^(?:${host}/)?${path}(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`);
const versionPattern = /^[a-zA-Z0-9][\w.+-]{0,127}$/;
const digestPattern = /@sha256:[0-9a-f]{64}$/;

/** What is wrong with the name of a place to push to. */
export function repositoryProblems(repository: string, at: Path): Problem[] {
  return repositoryPattern.test(repository)
    ? []
    : [{ path: at, found: show(repository), allowed: repositoryRule }];
}

/** What is wrong with the name of an image to pull. */
export function imageProblems(image: string, at: Path): Problem[] {
  return imagePattern.test(image) ? [] : [{ path: at, found: show(image), allowed: imageRule }];
}

/** What is wrong with a version that becomes a tag. */
export function versionProblems(version: string, at: Path): Problem[] {
  return versionPattern.test(version) ? [] : [{ path: at, found: show(version), allowed: versionRule }];
}

/** Whether an image name says exactly one image, today and tomorrow. */
export const hasDigest = (image: string): boolean => digestPattern.test(image);

/** The tag for a version. A plus sign, as in `1.2.0+g3f1c`, can't stand in a tag. */
export const tagOf = (version: string): string => version.replaceAll("+", "_");

/** Tag of an image name; `latest` when it has none, as everywhere else. */
export const tagIn = (image: string): string =>
  /:(?<tag>\w[\w.-]*)$/.exec(image)?.groups?.["tag"] ?? "latest";

/** The registry of a repository, with its port. */
export const registryOf = (repository: string): string => repository.slice(0, repository.indexOf("/"));
