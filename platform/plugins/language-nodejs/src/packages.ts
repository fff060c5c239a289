import { existsSync, readdirSync, readFileSync, realpathSync, statSync, type Dirent } from "node:fs";
import path from "node:path";

import { errorText } from "../../support/errors";

/** A package that brings a resource plugin of its own. */
export interface RequiredPackage {
  readonly name: string;
  readonly version: string;
  readonly server?: string;
  readonly parameterization?: { readonly name: string; readonly version: string; readonly value: string };
}

/** What a program's node_modules say about plugins. */
export interface Discovery {
  readonly packages: readonly RequiredPackage[];

  /** Version of every installed @pulumi/pulumi, by path. */
  readonly sdks: ReadonlyMap<string, string>;

  /** Packages that could not be understood; they never stop a run. */
  readonly problems: readonly string[];
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly pulumi?: {
    readonly resource?: boolean;
    readonly name?: string;
    readonly version?: string;
    readonly server?: string;
    readonly parameterization?: { readonly name: string; readonly version: string; readonly value: string };
  };
}

/**
 * Finds the plugins that a program needs: the packages below its folder that carry `pulumi.resource` in package.json.
 * Policy packs inside the folder have node_modules of their own and are left out, and so are hidden folders.
 */
export function discoverPackages(programDirectory: string): Discovery {
  const walk = new Walk();
  walk.sources(programDirectory);
  return { packages: [...walk.packages.values()], sdks: walk.sdks, problems: walk.problems };
}

class Walk {
  readonly packages = new Map<string, RequiredPackage>();
  readonly sdks = new Map<string, string>();
  readonly problems: string[] = [];
  readonly #seen = new Set<string>();

  /** Looks for node_modules in a folder of sources and below. */
  sources(directory: string): void {
    for (const folder of this.#folders(directory)) {
      if (path.basename(folder) === "node_modules") {
        this.modules(folder);
      } else if (!isPolicyPack(folder)) {
        this.sources(folder);
      }
    }
  }

  /** Looks at the packages of one node_modules, or of one scope in it, and at what is nested in them. */
  modules(directory: string): void {
    for (const folder of this.#folders(directory)) {
      if (path.basename(folder).startsWith("@")) {
        this.modules(folder);
        continue;
      }
      const file = path.join(folder, "package.json");
      try {
        this.#manifest(file);
      } catch (error) {
        this.problems.push(`${file}: ${errorText(error)}`);
      }
      const nested = path.join(folder, "node_modules");
      if (existsSync(nested)) {
        this.modules(nested);
      }
    }
  }

  #manifest(file: string): void {
    const text = readIfThere(file);
    // Parsing is most of the work, and few packages mention Pulumi.
    if (text?.includes('"pulumi"') !== true && text?.includes('"@pulumi/pulumi"') !== true) {
      return;
    }
    const manifest = JSON.parse(text) as Manifest;
    if (manifest.name === "@pulumi/pulumi" && manifest.version !== undefined) {
      this.sdks.set(file, manifest.version);
    }
    const required = requiredPackage(manifest);
    if (required !== undefined) {
      this.packages.set(JSON.stringify(required), required);
    }
  }

  #folders(directory: string): string[] {
    const real = realpathSync(directory);
    if (this.#seen.has(real)) {
      return [];
    }
    this.#seen.add(real);
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith(".") && isFolder(directory, entry))
      .map((entry) => path.join(directory, entry.name));
  }
}

/** The plugin that a package.json asks for, if any. */
export function requiredPackage(manifest: Manifest): RequiredPackage | undefined {
  const { pulumi } = manifest;
  if (pulumi?.resource !== true) {
    return undefined;
  }
  const name = pulumi.name ?? /^@pulumi\/(.+)$/.exec(manifest.name ?? "")?.[1];
  const version = pulumi.version ?? manifest.version;
  if (name === undefined || version === undefined) {
    const missing = name === undefined ? "pulumi.name" : "version";
    throw new Error(`${missing} is missing; a package with pulumi.resource must name its plugin and version`);
  }
  return {
    name,
    version: version.startsWith("v") ? version : `v${version}`,
    ...(pulumi.server === undefined ? {} : { server: pulumi.server }),
    ...(pulumi.parameterization === undefined ? {} : { parameterization: pulumi.parameterization }),
  };
}

/** A warning when copies of the SDK with different major versions meet in one program. */
export function incompatibleSdks(sdks: ReadonlyMap<string, string>): string | undefined {
  const [first, ...others] = sdks;
  const other = others.find(([, version]) => version.split(".")[0] !== first?.[1].split(".")[0]);
  if (first === undefined || other === undefined) {
    return undefined;
  }
  return [
    "Found incompatible versions of @pulumi/pulumi. Differing major versions are not supported.",
    ...[first, other].map(([file, version]) => `  Version ${version} referenced at ${file}`),
  ].join("\n");
}

function isPolicyPack(directory: string): boolean {
  return ["yaml", "yml", "json"].some((extension) =>
    existsSync(path.join(directory, `PulumiPolicy.${extension}`)),
  );
}

function isFolder(directory: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) {
    return entry.isDirectory();
  }
  return statSync(path.join(directory, entry.name), { throwIfNoEntry: false })?.isDirectory() === true;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // A folder without package.json is no package.
    return undefined;
  }
}
