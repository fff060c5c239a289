import { existsSync, writeFileSync } from "node:fs";
import {
  CheckRequest,
  ConfigureRequest,
  DeleteRequest,
  DiffRequest,
  DiffResponse,
  InvokeRequest,
  PropertyDiff,
  ReadRequest,
  type CheckResponse,
  type ConfigureResponse,
  type InvokeResponse,
  type ReadResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { fromStruct, toStruct, type Properties } from "../../support/properties";
import { secret } from "../../support/secrets";
import { answer, Harness, imageName, unknown, urn } from "./harness";

const inputs: Properties = { imageName, skipPush: false, build: { context: "app", platform: "linux/amd64" } };
let harness: Harness;

beforeEach(async () => {
  harness = new Harness();
  await harness.start();
});

afterEach(() => {
  harness.stop();
});

describe("check", () => {
  test("fills in what the official provider keeps in the inputs", async () => {
    expect((await harness.check(inputs)).inputs).toEqual({
      imageName,
      skipPush: false,
      buildOnPreview: false,
      build: {
        context: "app",
        dockerfile: "app/Dockerfile",
        platform: "linux/amd64",
        contextDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      },
    });
  });

  const from = "(paths start at the program's working directory)";
  test.each<[Properties, string]>([
    [{ context: "none" }, `build.context is "none"; must be a folder that exists ${from}`],
    [{ dockerfile: "none" }, `build.dockerfile is "none"; must be a file that exists ${from}`],
    [
      { context: "app", dockerfile: "Dockerfile" },
      `build.dockerfile is "Dockerfile"; must be a file that exists ${from}; try "app/Dockerfile"`,
    ],
  ])("tells where files are looked for, with all else that is wrong: %j", async (build, reason) => {
    const { reasons } = await harness.check({ imageName: "web", build });
    expect(reasons).toEqual([expect.stringMatching(/^imageName is "web"/), reason]);
  });

  test("keeps secrets secret", async () => {
    const registry = { username: "u", password: secret("p4ss") };
    expect((await harness.check({ ...inputs, registry })).inputs["registry"]).toEqual(registry);
  });

  test("waits for values that aren't known yet", async () => {
    const build = { context: unknown, args: { A: unknown } };
    const checked = await harness.check({ imageName: unknown, build });
    expect(checked.reasons).toEqual([]);
    expect(checked.inputs["build"]).toMatchObject(build);
    expect(checked.inputs["build"]).not.toHaveProperty("contextDigest");
  });
});

test("diff sees no change after a build, and an update after a source change", async () => {
  const state = await harness.create(inputs);
  const diff = async (): Promise<DiffResponse> => {
    const news = toStruct((await harness.check(inputs)).inputs);
    const request = new DiffRequest().setUrn(urn).setOlds(toStruct(state)).setNews(news);
    return answer<DiffResponse>((done) => harness.client.diff(request, done));
  };
  expect((await diff()).getChanges()).toBe(DiffResponse.DiffChanges.DIFF_NONE);

  writeFileSync("app/main.go", "package main");
  const response = await diff();
  expect(response.getChanges()).toBe(DiffResponse.DiffChanges.DIFF_SOME);
  expect(response.getReplacesList()).toEqual([]);
  expect(response.getDetaileddiffMap().getLength()).toBe(1);
  expect(response.getDetaileddiffMap().get("build")?.getKind()).toBe(PropertyDiff.Kind.UPDATE);
});

test("read and delete leave everything as it is", async () => {
  const request = new ReadRequest()
    .setUrn(urn)
    .setId(imageName)
    .setInputs(toStruct(inputs))
    .setProperties(toStruct({ repoDigest: "x" }));
  const read = await answer<ReadResponse>((done) => harness.client.read(request, done));
  expect(read.getId()).toBe(imageName);
  expect(fromStruct(read.getInputs())).toEqual(inputs);
  expect(fromStruct(read.getProperties())).toEqual({ repoDigest: "x" });

  await answer<Empty>((done) =>
    harness.client.delete(new DeleteRequest().setUrn(urn).setId(imageName), done),
  );
  expect(existsSync("arguments")).toBe(false);
});

test("configure says what the engine may send", async () => {
  const response = await answer<ConfigureResponse>((done) =>
    harness.client.configure(new ConfigureRequest(), done),
  );
  expect(response.toObject()).toMatchObject({
    acceptsecrets: true,
    supportspreview: true,
    acceptoutputs: false,
  });
});

describe("of the official plugin's other resources and functions", () => {
  const fix =
    "is not covered: this docker provider stands in for the official one and has docker:index/image:Image only; " +
    "for the rest install the official plugin: `pulumi plugin install resource docker`";

  test("a resource is refused by name", async () => {
    const container = urn.replace("docker:index/image:Image", "my:Parent$docker:index/container:Container");
    await expect(
      answer<CheckResponse>((done) => harness.client.check(new CheckRequest().setUrn(container), done)),
    ).rejects.toThrow(`docker:index/container:Container ${fix}`);
  });

  test("a function is refused by name", async () => {
    const token = "docker:index/getRegistryImage:getRegistryImage";
    await expect(
      answer<InvokeResponse>((done) => harness.client.invoke(new InvokeRequest().setTok(token), done)),
    ).rejects.toThrow(`${token} ${fix}`);
  });

  test("an image inside a component is none", async () => {
    const inside = urn.replace(
      "docker:index/image:Image",
      "twinstack:image:GoImage$docker:index/image:Image",
    );
    const request = new CheckRequest().setUrn(inside).setNews(toStruct(inputs));
    const response = await answer<CheckResponse>((done) => harness.client.check(request, done));
    expect(response.getFailuresList()).toEqual([]);
  });
});
