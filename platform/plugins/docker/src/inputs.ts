/** The inputs of `docker.Image`: what they default to, what is wrong with them, and what build they ask for. */
import * as path from "node:path";

import { hasUnknowns, isObject, type Properties, type Value } from "../../support/properties";
import { parseImageName } from "./reference";

/** A problem with one input. */
export interface InputProblem {
  readonly property: string;
  readonly reason: string;
}

/** Credentials of the registry that is pushed to. */
export interface Registry {
  readonly server: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** A build with nothing left to be decided. */
export interface BuildPlan {
  readonly imageName: string;
  readonly push: boolean;
  readonly context: string;
  readonly dockerfile: string;
  readonly platform: string;
  readonly target: string | undefined;
  readonly network: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  readonly cacheFrom: readonly string[];
  readonly addHosts: readonly string[];
  readonly registry: Registry;
}

const goArchitectures: Partial<Record<NodeJS.Architecture, string>> = {
  x64: "amd64",
  ia32: "386",
  ppc64: "ppc64le",
};

/** The platform this machine builds for, such as `linux/amd64`. */
export function hostPlatform(architecture: NodeJS.Architecture = process.arch): string {
  return `linux/${goArchitectures[architecture] ?? architecture}`;
}

/** Fills in the defaults that the official provider keeps in a resource's inputs; unknown values stay as they are. */
export function withDefaults(inputs: Properties): Properties {
  const buildOnPreview = hasUnknowns(inputs["buildOnPreview"]) ? false : (inputs["buildOnPreview"] ?? false);
  const { build } = inputs;
  if (build !== undefined && !isObject(build)) return { ...inputs, buildOnPreview };

  const context = build?.["context"] ?? ".";
  const folder = text(context);
  const defaultFile = folder === undefined ? undefined : path.posix.join(folder, "Dockerfile");
  const dockerfile = build?.["dockerfile"] ?? defaultFile;
  const platform = build?.["platform"] ?? hostPlatform();
  const defaulted = { ...build, context, platform, ...(dockerfile === undefined ? {} : { dockerfile }) };
  return { ...inputs, buildOnPreview, build: defaulted };
}

/** Everything that is wrong with inputs, as far as they are known. */
export function checkInputs(inputs: Properties): InputProblem[] {
  const { build } = inputs;
  if (build !== undefined && !isObject(build)) {
    if (hasUnknowns(build)) return checkImageNames(inputs, []);
    return [
      { property: "build", reason: `build is ${shown(build)}; must be an object such as {context: "app"}` },
    ];
  }
  const problems = [...checkTexts(build ?? {}), ...checkBuilderVersion(build?.["builderVersion"])];
  const cacheFrom = build?.["cacheFrom"];
  const images = isObject(cacheFrom) ? cacheFrom["images"] : undefined;
  if (isObject(cacheFrom) && !Array.isArray(images) && !hasUnknowns(images)) {
    const reason = `build.cacheFrom.images is ${shown(images)}; must be a list of image names`;
    problems.push({ property: "build.cacheFrom.images", reason });
  }
  return [...problems, ...checkImageNames(inputs, Array.isArray(images) ? images : [])];
}

function checkTexts(build: Properties): InputProblem[] {
  const args = isObject(build["args"]) ? build["args"] : {};
  const texts: [string, Value | undefined][] = [
    ...["context", "dockerfile", "platform", "target", "network"].map(
      (name) => [name, build[name]] as [string, Value],
    ),
    ...Object.entries(args).map(([name, value]) => [`args.${name}`, value] as [string, Value]),
  ];
  return texts
    .filter(([, value]) => value !== undefined && typeof value !== "string")
    .map(([name, value]) => ({
      property: `build.${name}`,
      reason: `build.${name} is ${shown(value)}; must be a text`,
    }));
}

function checkBuilderVersion(version: Value | undefined): InputProblem[] {
  if (version === undefined || version === "BuilderBuildKit" || hasUnknowns(version)) return [];
  const reason =
    `build.builderVersion is ${shown(version)}; must be "BuilderBuildKit" or left out ` +
    "(the classic builder needs the official docker plugin)";
  return [{ property: "build.builderVersion", reason }];
}

/** Names need their registry when something is pushed or pulled under them. */
function checkImageNames(inputs: Properties, cacheFrom: readonly Value[]): InputProblem[] {
  const needsRegistry = inputs["skipPush"] !== true || cacheFrom.length > 0;
  const problem = (property: string, name: Value | undefined): InputProblem[] => {
    const isName = typeof name === "string" && (!needsRegistry || parseImageName(name) !== undefined);
    if (isName || hasUnknowns(name)) return [];
    const reason = `${property} is ${shown(name)}; must be a full image name with its registry, such as "docker.io/library/web:1.0"`;
    return [{ property, reason }];
  };
  return [
    ...problem("imageName", inputs["imageName"]),
    ...cacheFrom.flatMap((name, i) => problem(`build.cacheFrom.images[${String(i)}]`, name)),
  ];
}

/** Whether enough is known to build before the update. */
export function canBuildNow(inputs: Properties): boolean {
  const { build, imageName } = inputs;
  if (!isObject(build) || hasUnknowns(imageName)) return false;
  return ![build["context"], build["dockerfile"], build["args"]].some(hasUnknowns);
}

/** The build that checked inputs ask for. */
export function toBuildPlan(inputs: Properties): BuildPlan {
  const build = isObject(inputs["build"]) ? inputs["build"] : {};
  const args = isObject(build["args"]) ? build["args"] : {};
  const cacheFrom = isObject(build["cacheFrom"]) ? build["cacheFrom"] : {};
  const registry = isObject(inputs["registry"]) ? inputs["registry"] : {};
  const knownArgs = Object.entries(args).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" && !hasUnknowns(value) ? [[name, value]] : [],
  );
  return {
    imageName: text(inputs["imageName"]) ?? "",
    push: inputs["skipPush"] !== true,
    context: text(build["context"]) ?? ".",
    dockerfile: text(build["dockerfile"]) ?? "Dockerfile",
    platform: text(build["platform"]) ?? hostPlatform(),
    target: text(build["target"]),
    network: text(build["network"]),
    args: Object.fromEntries(knownArgs),
    cacheFrom: texts(cacheFrom["images"]),
    addHosts: texts(build["addHosts"]),
    registry: {
      server: text(registry["server"]) ?? "",
      username: text(registry["username"]),
      password: text(registry["password"]),
    },
  };
}

/** A value as an error text shows it. */
function shown(value: Value | undefined): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}

/** A text that is known and not empty. */
export function text(value: Value | undefined): string | undefined {
  return typeof value === "string" && value !== "" && !hasUnknowns(value) ? value : undefined;
}

function texts(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.map(text).filter((item) => item !== undefined) : [];
}
