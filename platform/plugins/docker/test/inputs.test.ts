import { canBuildNow, checkInputs, hostPlatform, toBuildPlan, withDefaults } from "../src/inputs";
import type { Properties } from "../../support/properties";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const imageName = "registry.example/web:1";

describe("defaults", () => {
  test.each<[string, Properties, Properties]>([
    ["no build", {}, { context: ".", dockerfile: "Dockerfile", platform: hostPlatform() }],
    ["a context", { build: { context: "./app" } }, { context: "./app", dockerfile: "app/Dockerfile" }],
    ["a Dockerfile", { build: { dockerfile: "./a/b" } }, { context: ".", dockerfile: "./a/b" }],
    ["a platform", { build: { platform: "linux/arm64" } }, { platform: "linux/arm64" }],
    ["an unknown Dockerfile", { build: { dockerfile: unknown } }, { context: ".", dockerfile: unknown }],
  ])("with %s", (_, inputs, build) => {
    expect(withDefaults(inputs)["build"]).toMatchObject(build);
  });

  test("an unknown context leaves the Dockerfile open", () => {
    expect(withDefaults({ build: { context: unknown } })["build"]).not.toHaveProperty("dockerfile");
  });

  test("an unknown build stays unknown", () => {
    expect(withDefaults({ build: unknown })["build"]).toBe(unknown);
  });

  test.each<[Properties, boolean]>([
    [{}, false],
    [{ buildOnPreview: true }, true],
    [{ buildOnPreview: unknown }, false],
  ])("%j builds on preview: %s", (inputs, expected) => {
    expect(withDefaults(inputs)["buildOnPreview"]).toBe(expected);
  });

  test.each([
    ["x64", "linux/amd64"],
    ["arm64", "linux/arm64"],
    ["ppc64", "linux/ppc64le"],
  ] as const)("a %s machine builds for %s", (architecture, platform) => {
    expect(hostPlatform(architecture)).toBe(platform);
  });
});

describe("problems", () => {
  const full = 'must be a full image name with its registry, such as "docker.io/library/web:1.0"';
  test.each<[Properties, string]>([
    [{}, `imageName is missing; ${full}`],
    [{ imageName: "web:1" }, `imageName is "web:1"; ${full}`],
    [{ imageName: "web:1", skipPush: true, build: { cacheFrom: { images: [] } } }, ""],
    [
      { imageName, build: { cacheFrom: { images: ["web:1"] } } },
      `build.cacheFrom.images[0] is "web:1"; ${full}`,
    ],
    [
      { imageName, build: { cacheFrom: {} } },
      "build.cacheFrom.images is missing; must be a list of image names",
    ],
    [{ imageName, build: "app" }, 'build is "app"; must be an object such as {context: "app"}'],
    [{ imageName, build: { target: 3 } }, "build.target is 3; must be a text"],
    [{ imageName, build: { args: { PORT: 80 } } }, "build.args.PORT is 80; must be a text"],
    [
      { imageName, build: { builderVersion: "BuilderV1" } },
      'build.builderVersion is "BuilderV1"; must be "BuilderBuildKit" or left out ' +
        "(the classic builder needs the official docker plugin)",
    ],
  ])("%j", (inputs, reason) => {
    expect(checkInputs(inputs).map((problem) => problem.reason)).toEqual(reason === "" ? [] : [reason]);
  });

  test("come all at once", () => {
    const build = { target: 3, builderVersion: "V3", cacheFrom: { images: "x" } };
    expect(checkInputs({ imageName: "web", build }).map(({ property }) => property)).toEqual([
      "build.target",
      "build.builderVersion",
      "build.cacheFrom.images",
      "imageName",
    ]);
  });

  test.each<Properties>([
    { imageName: unknown },
    { imageName, build: unknown },
    {
      imageName,
      build: { context: unknown, target: unknown, builderVersion: unknown, args: { A: unknown } },
    },
    { imageName, build: { cacheFrom: { images: unknown } } },
    { imageName, build: { cacheFrom: { images: [unknown] } } },
  ])("what isn't known yet is no problem: %j", (inputs) => {
    expect(checkInputs(inputs)).toEqual([]);
  });
});

test.each<[Properties, boolean]>([
  [{ imageName, build: { context: ".", dockerfile: "Dockerfile" } }, true],
  [{ imageName: unknown, build: {} }, false],
  [{ imageName, build: unknown }, false],
  [{ imageName, build: { args: { A: unknown } } }, false],
  [{ imageName, build: { target: unknown } }, true],
])("%j can be built now: %s", (inputs, expected) => {
  expect(canBuildNow(inputs)).toBe(expected);
});

test("a plan has all that was asked for", () => {
  const build = {
    context: "app",
    dockerfile: "app/Dockerfile",
    platform: "linux/arm64",
    target: "final",
    network: "host",
    args: { A: "1", B: unknown },
    cacheFrom: { images: ["registry.example/web:cache"] },
    addHosts: ["db:192.0.2.1"],
  };
  const registry = { server: "registry.example", username: "u", password: "p" };
  expect(toBuildPlan({ imageName, skipPush: true, build, registry })).toEqual({
    imageName,
    push: false,
    ...build,
    args: { A: "1" },
    cacheFrom: ["registry.example/web:cache"],
    registry,
  });
});
