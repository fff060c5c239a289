import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import {
  CreateRequest,
  UpdateRequest,
  type CreateResponse,
  type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { fromStruct, toStruct, type Properties } from "../../support/properties";
import { secret } from "../../support/secrets";
import { answer, configDigest, digest, Harness, imageName, unknown, urn } from "./harness";

const inputs: Properties = { imageName, skipPush: false, build: { context: "app", platform: "linux/amd64" } };
let harness: Harness;

beforeEach(async () => {
  harness = new Harness();
  await harness.start();
});

afterEach(() => {
  harness.stop();
});

const messages = (): string[] => harness.messages.map((message) => message.getMessage());

describe("create", () => {
  test("builds, pushes and keeps the official provider's state", async () => {
    const { inputs: checked } = await harness.check(inputs);
    const request = new CreateRequest().setUrn(urn).setProperties(toStruct(checked));
    const response = await answer<CreateResponse>((done) => harness.client.create(request, done));
    expect(response.getId()).toBe(imageName);
    expect(fromStruct(response.getProperties())).toEqual({
      baseImageName: imageName,
      context: "app",
      dockerfile: "Dockerfile",
      imageName,
      platform: "linux/amd64",
      registryServer: "",
      repoDigest: `registry.example:5000/team/web@${digest}`,
      __inputs: secret(checked),
    });
  });

  test("shows each step at the resource, with the time", async () => {
    await harness.create(inputs);
    expect(harness.messages.map((message) => message.getUrn())).toEqual([urn, urn]);
    expect(harness.messages.map((message) => message.getEphemeral())).toEqual([true, true]);
    expect(messages()[0]).toMatch(/^\d+\.\d s {2}\[1\/1\] RUN make$/);
    expect(messages()[1]).toMatch(new RegExp(`^\\d+\\.\\d s {2}pushed ${digest}, 0 steps cached$`));
  });

  test("without a push has the digest a local Docker knows", async () => {
    expect((await harness.create({ ...inputs, skipPush: true }))["repoDigest"]).toBe(configDigest);
  });

  test("hands over the CA bundle, and secrets by no argument", async () => {
    const build = { context: "app", platform: "linux/amd64", args: { TOKEN: secret("t0ken") } };
    await harness.create({ ...inputs, build, registry: { username: "u", password: secret("p4ss") } });
    const given = readFileSync("arguments", "utf8");
    expect(given).toContain(`--secret id=ca,src=${harness.folder}/app/Dockerfile`);
    expect(given).toContain("--build-arg TOKEN");
    expect(given).not.toMatch(/t0ken|p4ss/);
    expect(readFileSync("environment", "utf8")).toMatch(/^TOKEN=t0ken$/m);
    expect(readFileSync("environment", "utf8")).not.toContain("p4ss");
  });
});

describe("a build that fails", () => {
  test("has the step's last lines, nothing secret, and leaves no files", async () => {
    const output = "#1 [1/1] RUN make\\n#1 0.1 no rule for t0ken\\n#1 ERROR: exit 2\\nERROR: exit 2\\n";
    harness.installBuildx(`printf '${output}' >&2; exit 1`);
    const build = { context: "app", args: { TOKEN: secret("t0ken") } };
    await expect(harness.create({ ...inputs, build })).rejects.toThrow(
      /^the build of registry\.example:5000\/team\/web:1 failed after \d\.\d s: exit 2\n {2}in step \[1\/1\] RUN make\n {4}0\.1 no rule for \[secret\]$/,
    );
    expect(readdirSync(path.join(harness.folder, "tmp"))).toEqual([]);
  });

  test.each([
    ["Cannot connect to the Docker daemon at unix:///none", "set BUILDKIT_HOST to the address of a BuildKit"],
    [
      "unexpected status from HEAD request: 401 Unauthorized",
      "check registry.username and registry.password",
    ],
    ["http: server gave HTTP response to HTTPS client", "name it in buildkitd.toml, with `http = true`"],
  ])("with %j says what to do", async (text, hint) => {
    harness.installBuildx(`echo 'ERROR: ${text}' >&2; exit 1`);
    await expect(harness.create(inputs)).rejects.toThrow(hint);
  });

  test("for want of a recent buildx says so", async () => {
    harness.installBuildx('while [ "$1" != --metadata-file ]; do shift; done; echo {} > "$2"');
    await expect(harness.create(inputs)).rejects.toThrow(
      "buildx reported no containerimage.digest; it needs version 0.12 or newer",
    );
  });
});

describe("a preview", () => {
  test("builds nothing", async () => {
    expect(await harness.create(inputs, true)).toEqual((await harness.check(inputs)).inputs);
    expect(existsSync("arguments")).toBe(false);
  });

  test("builds when asked to, and pushes nothing", async () => {
    const state = await harness.create({ ...inputs, buildOnPreview: true }, true);
    expect(state["repoDigest"]).toBe(configDigest);
    expect(readFileSync("arguments", "utf8")).not.toContain("push=true");
  });

  test("that can't build yet says why", async () => {
    const state = await harness.create({ ...inputs, buildOnPreview: true, imageName: unknown }, true);
    expect(state["imageName"]).toBe(unknown);
    expect(messages()).toEqual([
      "no build in this preview: buildOnPreview, imageName, build.context, build.dockerfile and build.args must be known",
    ]);
  });
});

test("update builds again", async () => {
  const { inputs: checked } = await harness.check(inputs);
  const request = new UpdateRequest().setUrn(urn).setNews(toStruct(checked));
  const response = await answer<UpdateResponse>((done) => harness.client.update(request, done));
  expect(fromStruct(response.getProperties())["repoDigest"]).toBe(`registry.example:5000/team/web@${digest}`);
});

test("cancel ends a build and what it started", async () => {
  harness.installBuildx(`echo $$ > ${harness.folder}/pid; echo '#1 [1/1] RUN sleep' >&2; exec sleep 60`);
  const failed = expect(harness.create(inputs)).rejects.toThrow(
    /^the build of registry\.example:5000\/team\/web:1 was cancelled after/,
  );
  while (messages().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await answer<Empty>((done) => harness.client.cancel(new Empty(), done));
  await failed;
  const pid = Number(readFileSync("pid", "utf8"));
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  await expect(harness.create(inputs)).rejects.toThrow("was cancelled");
});
