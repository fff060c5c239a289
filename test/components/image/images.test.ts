import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { GoImage, type GoImageArgs, MirrorImage } from "../../../components/image";
import { goBuildArgs, mirrorBuildArgs } from "../../../components/image/dockerfile-args";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const digest = `sha256:${"a".repeat(64)}`;
const registered: Registered[] = [];

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: (resource) => {
      const { type, name } = resource;
      const inputs = resource.inputs as Record<string, unknown>;
      registered.push({ type, name, inputs });
      const repository = String(inputs["imageName"]).replace(/:[^:/]*$/, "");
      return { id: name, state: { ...inputs, repoDigest: `${repository}@${digest}` } };
    },
    call: () => ({}),
  });
});

beforeEach(() => {
  registered.length = 0;
});

const args: GoImageArgs = {
  repository: "registry.example:5000/team/web",
  context: "services",
  command: "cmd/web",
  version: "1.2.0+g3f1c",
  builder: "registry.example:5000/base/go:trixie",
};

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

const images = (): Registered[] => registered.filter(({ type }) => type === "docker:index/image:Image");

describe("GoImage", () => {
  test("builds one image and gives it by digest", async () => {
    const image = new GoImage("web", args);
    expect(await valueOf(image.ref)).toBe(`registry.example:5000/team/web@${digest}`);
    expect(image).toMatchObject({ repository: args.repository, version: args.version });
    expect(images()).toEqual([
      {
        type: "docker:index/image:Image",
        name: "web-image",
        inputs: expect.objectContaining({
          imageName: "registry.example:5000/team/web:1.2.0_g3f1c",
          build: {
            context: "services",
            dockerfile: "services/Dockerfile",
            platform: "linux/amd64",
            args: {
              BUILDER: "registry.example:5000/base/go:trixie",
              COMMAND: "cmd/web",
              VERSION: "1.2.0+g3f1c",
            },
          },
        }) as unknown,
      },
    ]);
  });

  test("compiles for another machine", async () => {
    await valueOf(new GoImage("web", { ...args, goos: "linux", goarch: "arm64" }).ref);
    expect(images()[0]?.inputs["build"]).toMatchObject({ platform: "linux/arm64" });
  });

  test("hands over credentials for the repository's registry", async () => {
    const credentials = { username: "robot", password: "s3cret" };
    await valueOf(new GoImage("web", { ...args, credentials }).ref);
    expect(images()[0]?.inputs["registry"]).toEqual({ server: "registry.example:5000", ...credentials });
  });

  test("lets the caller have the last word", async () => {
    const image = (inputs: object): never => ({ ...inputs, skipPush: true }) as never;
    await valueOf(new GoImage("web", { ...args, transform: { image } }).ref);
    expect(images()[0]?.inputs["skipPush"]).toBe(true);
  });

  test("tells all that is wrong at once, and builds nothing", () => {
    const wrong = { ...args, repository: "web", version: "1 2", builder: "Go", command: "../cmd/web" };
    expect(() => new GoImage("web", wrong)).toThrow(
      [
        "image web has 4 problems:",
        '  repository is "web"; must be a registry and a path without tag or digest, such as registry.example:5000/team/web',
        '  version is "1 2"; must be 1 to 128 letters, digits, dots, hyphens, underscores and plus signs, letter or digit first',
        '  builder is "Go"; must be an image name, such as nginx:1.30 or registry.example:5000/team/nginx:1.30',
        '  command is "../cmd/web"; must be a package inside the context, such as cmd/web',
      ].join("\n"),
    );
    expect(images()).toEqual([]);
  });
});

describe("MirrorImage", () => {
  const repository = "registry.example:5000/team/nginx";

  test("an image by digest is passed on without a resource", async () => {
    const image = `nginx:1.30@${digest}`;
    expect(await valueOf(new MirrorImage("nginx", { image, repository }).ref)).toBe(image);
    expect(images()).toEqual([]);
  });

  test("an image by tag is copied, and given by the copy's digest", async () => {
    const mirror = new MirrorImage("nginx", { image: "base.example/nginx:sid", repository });
    expect(await valueOf(mirror.ref)).toBe(`${repository}@${digest}`);
    expect(images()).toHaveLength(1);
    expect(images()[0]).toMatchObject({
      name: "nginx-image",
      inputs: {
        imageName: `${repository}:sid`,
        build: {
          context: "components/image/mirror",
          dockerfile: "components/image/mirror/Dockerfile",
          platform: "linux/amd64",
          args: { BASE: "base.example/nginx:sid" },
        },
      },
    });
  });

  test("refuses a name that can't be pulled", () => {
    expect(() => new MirrorImage("nginx", { image: "nginx:", repository })).toThrow(
      'image nginx has 1 problem:\n  image is "nginx:"; must be an image name',
    );
  });
});

describe("the Dockerfiles", () => {
  const declared = (file: string): string[] =>
    [...readFileSync(file, "utf8").matchAll(/^ARG (\w+)/gm)].map(([, name]) => name ?? "");

  test("take the arguments they are given", () => {
    const given = { builder: "b", command: "c", version: "v" };
    expect(declared("services/Dockerfile")).toEqual(expect.arrayContaining(Object.keys(goBuildArgs(given))));
    expect(declared("components/image/mirror/Dockerfile")).toEqual(Object.keys(mirrorBuildArgs("b")));
  });
});
