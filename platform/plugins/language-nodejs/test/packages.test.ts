import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { discoverPackages, incompatibleSdks } from "../src/packages";
import { temporaryFolder } from "./harness";

/** Writes package.json files: the key is the package's folder. */
function tree(packages: Readonly<Record<string, unknown>>): string {
  const folder = temporaryFolder();
  for (const [name, manifest] of Object.entries(packages)) {
    mkdirSync(path.join(folder, name), { recursive: true });
    const text = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
    writeFileSync(path.join(folder, name, "package.json"), text);
  }
  return folder;
}

const provider = (name: string, version: string, extra: object = {}): object => ({
  name: `@pulumi/${name}`,
  version,
  pulumi: { resource: true, ...extra },
});

test("packages with pulumi.resource are required, however deep they are installed", () => {
  const folder = tree({
    "node_modules/@pulumi/docker": provider("docker", "5.2.0"),
    "node_modules/@pulumi/pulumi": { name: "@pulumi/pulumi", version: "3.250.0" },
    "node_modules/left-pad": { name: "left-pad", version: "1.0.0" },
    "node_modules/left-pad/node_modules/@pulumi/random": provider("random", "v4.0.0"),
    "tools/node_modules/@pulumi/aws": provider("aws", "7.0.0", {
      server: "https://example.com",
      version: "7.1.0",
    }),
  });
  const { packages, sdks, problems } = discoverPackages(folder);
  expect(new Set(packages)).toEqual(
    new Set([
      { name: "docker", version: "v5.2.0" },
      { name: "random", version: "v4.0.0" },
      { name: "aws", version: "v7.1.0", server: "https://example.com" },
    ]),
  );
  expect([...sdks.values()]).toEqual(["3.250.0"]);
  expect(problems).toEqual([]);
});

test("a package that is installed twice is required once, in two versions twice", () => {
  const folder = tree({
    "node_modules/@pulumi/docker": provider("docker", "5.2.0"),
    "node_modules/a/node_modules/@pulumi/docker": provider("docker", "5.2.0"),
    "node_modules/b/node_modules/@pulumi/docker": provider("docker", "4.0.0"),
  });
  expect(
    discoverPackages(folder)
      .packages.map(({ version }) => version)
      .sort(),
  ).toEqual(["v4.0.0", "v5.2.0"]);
});

test("a parameterized package says what its plugin is to be parameterized with", () => {
  const parameterization = { name: "snowflake", version: "0.1.0", value: "e30=" };
  const folder = tree({
    "node_modules/sdk": {
      name: "sdk",
      version: "0.1.0",
      pulumi: { resource: true, name: "terraform", parameterization },
    },
  });
  expect(discoverPackages(folder).packages).toEqual([
    { name: "terraform", version: "v0.1.0", parameterization },
  ]);
});

test("policy packs and hidden folders are left out", () => {
  const folder = tree({
    "policies/node_modules/@pulumi/aws": provider("aws", "7.0.0"),
    ".cache/node_modules/@pulumi/gcp": provider("gcp", "8.0.0"),
  });
  writeFileSync(path.join(folder, "policies/PulumiPolicy.yaml"), "runtime: nodejs\n");
  expect(discoverPackages(folder).packages).toEqual([]);
});

test("links are followed, circles and dangling links are no trap", () => {
  const folder = tree({ "node_modules/@pulumi/docker": provider("docker", "5.2.0"), app: {} });
  symlinkSync(path.join(folder, "node_modules"), path.join(folder, "app/node_modules"));
  symlinkSync(folder, path.join(folder, "app/circle"));
  symlinkSync(path.join(folder, "nowhere"), path.join(folder, "app/dangling"));
  expect(discoverPackages(path.join(folder, "app")).packages).toEqual([
    { name: "docker", version: "v5.2.0" },
  ]);
});

test("a package that can't be understood is told and stops nothing", () => {
  const folder = tree({
    "node_modules/@pulumi/docker": provider("docker", "5.2.0"),
    "node_modules/third-party": { name: "third-party", version: "1.0.0", pulumi: { resource: true } },
    "node_modules/torn": '{ "pulumi": ',
  });
  const { packages, problems } = discoverPackages(folder);
  expect(packages).toEqual([{ name: "docker", version: "v5.2.0" }]);
  expect([...problems].sort()).toEqual([
    `${folder}/node_modules/third-party/package.json: pulumi.name is missing; ` +
      "a package with pulumi.resource must name its plugin and version",
    expect.stringContaining(`${folder}/node_modules/torn/package.json: `),
  ]);
});

test.each([
  [["3.250.0"], false],
  [["3.250.0", "3.100.0"], false],
  [["3.250.0", "3.100.0", "4.0.0"], true],
])("SDKs %j together: warning %s", (versions, warned) => {
  const warning = incompatibleSdks(
    new Map(versions.map((version, index) => [`/${index}/package.json`, version])),
  );
  expect(warning !== undefined).toBe(warned);
  if (warned) {
    expect(warning).toContain("Version 3.250.0 referenced at /0/package.json");
    expect(warning).toContain("Version 4.0.0 referenced at /2/package.json");
  }
});
