import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { chooseBuilder, expectAnswer, findBuildx } from "../src/builder";
import { configuredEnvironment } from "../src/config";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "builder-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A program in a folder of its own; returns the folder. */
function program(name: string, script: string): string {
  const home = path.join(folder, `${name}-bin`);
  mkdirSync(home);
  writeFileSync(path.join(home, name), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(home, name), 0o755);
  return home;
}

/** A server on a free port for as long as it is used. */
async function listening(use: (server: Server) => Promise<void>): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await use(server).finally(() => server.close());
}

describe("the buildx program", () => {
  test("on its own comes first", async () => {
    const [docker, buildx] = [program("docker", "exit 0"), program("buildx", "exit 0")];
    const found = await findBuildx({ PATH: `${docker}:${buildx}` });
    expect(found).toEqual({ command: path.join(buildx, "buildx"), prefix: [] });
  });

  test("may be Docker's plugin", async () => {
    const docker = program("docker", '[ "$1 $2" = "buildx version" ]');
    expect(await findBuildx({ PATH: docker })).toEqual({
      command: path.join(docker, "docker"),
      prefix: ["buildx"],
    });
  });

  test("that is missing is told with the way to get it", async () => {
    const docker = program("docker", "exit 1");
    await expect(findBuildx({ PATH: docker })).rejects.toThrow(
      "no buildx: neither `buildx` nor `docker buildx` is on PATH; install Docker's buildx, or run `. platform/env`",
    );
  });
});

describe("a builder that doesn't answer", () => {
  const fix = "start it (`make up` does), or set BUILDKIT_HOST to the address of one that runs";

  test("at a socket", async () => {
    const address = `unix://${folder}/none.sock`;
    await expect(expectAnswer(address)).rejects.toThrow(
      `BuildKit does not answer at ${address} (ENOENT); ${fix}`,
    );
  });

  test("at a port", async () => {
    let address = "";
    await listening((server) => {
      address = `tcp://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      return expectAnswer(address);
    });
    await expect(expectAnswer(address)).rejects.toThrow(
      `BuildKit does not answer at ${address} (ECONNREFUSED); ${fix}`,
    );
  });

  test("is left to buildx when only buildx can reach it", async () => {
    await expect(expectAnswer("docker-container://buildkitd")).resolves.toBeUndefined();
  });
});

describe("the builder", () => {
  test("is the one at BUILDKIT_HOST, described in a folder of its own", async () => {
    const home = program("buildx", `echo "$BUILDX_CONFIG $@" > ${folder}/called`);
    const buildx = await findBuildx({ PATH: home });
    await listening(async (server) => {
      const address = `tcp://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      const env = await chooseBuilder(buildx, { BUILDKIT_HOST: address, A: "1" }, `${folder}/own`);
      expect(env).toEqual({
        BUILDKIT_HOST: address,
        A: "1",
        BUILDX_CONFIG: `${folder}/own`,
        BUILDX_BUILDER: "remote",
      });
      expect(readFileSync(`${folder}/called`, "utf8")).toBe(
        `${folder}/own create --name remote --driver remote ${address}\n`,
      );
    });
  });

  test.each([{ BUILDX_BUILDER: "mine", BUILDKIT_HOST: "tcp://127.0.0.1:1" }, {}, { BUILDKIT_HOST: "" }])(
    "is the user's own choice under %j",
    async (env) => {
      expect(await chooseBuilder({ command: "false", prefix: [] }, env, folder)).toBe(env);
    },
  );
});

describe("the provider's configuration", () => {
  test("names the Docker to use", () => {
    const variables = new Map([
      ["docker:config:host", "tcp://192.0.2.1:2376"],
      ["docker:config:certPath", "/certs"],
    ]);
    expect(configuredEnvironment(variables, { A: "1" })).toEqual({
      A: "1",
      DOCKER_HOST: "tcp://192.0.2.1:2376",
      DOCKER_CERT_PATH: "/certs",
      DOCKER_TLS_VERIFY: "1",
    });
  });

  test("that isn't covered is refused, without its value", () => {
    const variables = new Map([
      ["docker:config:keyMaterial", "PRIVATE"],
      ["docker:config:sshOpts", "[]"],
    ]);
    expect(() => configuredEnvironment(variables, {})).toThrow(
      /^docker:keyMaterial, docker:sshOpts is set; this provider reaches a builder by BUILDKIT_HOST(?!.*PRIVATE)/,
    );
  });
});
