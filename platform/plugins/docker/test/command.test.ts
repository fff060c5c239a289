import { buildCommand, buildEnvironment, type CommandOptions } from "../src/command";
import { toBuildPlan } from "../src/inputs";

const plan = toBuildPlan({
  imageName: "registry.example/web:1",
  build: {
    context: "app",
    dockerfile: "app/Dockerfile",
    platform: "linux/arm64",
    target: "final",
    network: "host",
    args: { TOKEN: "t0ken" },
    cacheFrom: { images: ["registry.example/web:cache"] },
    addHosts: ["db:192.0.2.1"],
  },
  registry: { username: "u", password: "p4ss" },
});
const options: CommandOptions = { metadataFile: "/m.json", caFile: "/ca.pem", remote: true, push: true };

test("a build has all that was asked for, and no secret among its arguments", () => {
  const args = buildCommand(plan, options);
  expect(args.join(" ")).toBe(
    "build --progress=plain --provenance=false --sbom=false --file app/Dockerfile --platform linux/arm64 " +
      "--target final --network host --add-host db:192.0.2.1 --cache-from registry.example/web:cache " +
      "--build-arg SOURCE_DATE_EPOCH --build-arg TOKEN --secret id=ca,src=/ca.pem --metadata-file /m.json " +
      "--output type=image,name=registry.example/web:1,push=true,rewrite-timestamp=true app",
  );
});

test.each<[Partial<CommandOptions>, string]>([
  [{ push: false }, "type=image,name=registry.example/web:1,push=false,rewrite-timestamp=true"],
  [{ push: false, remote: false }, "type=docker,name=registry.example/web:1,rewrite-timestamp=true"],
  [{ push: true, remote: false }, "type=image,name=registry.example/web:1,push=true,rewrite-timestamp=true"],
])("%j gives %s", (change, output) => {
  expect(buildCommand(plan, { ...options, ...change })).toContain(output);
});

test("without a CA bundle there is no secret", () => {
  expect(buildCommand(plan, { ...options, caFile: undefined })).not.toContain("--secret");
});

test("values go by the environment, with no time in the image unless asked for", () => {
  expect(buildEnvironment(plan, { PATH: "/bin" })).toMatchObject({
    PATH: "/bin",
    TOKEN: "t0ken",
    SOURCE_DATE_EPOCH: "0",
  });
  const dated = { ...plan, args: { SOURCE_DATE_EPOCH: "1700000000" } };
  expect(buildEnvironment(dated, {})).toMatchObject({ SOURCE_DATE_EPOCH: "1700000000" });
});

test("an argument can't change the builder", () => {
  const args = { PATH: "/opt/bin", BUILDX_CONFIG: "x", DOCKER_HOST: "y", HOME: "/root" };
  expect(() => buildEnvironment({ ...plan, args }, { HOME: "/root" })).toThrow(
    [
      "build.args.PATH has a name that the builder itself obeys; choose another name",
      "build.args.BUILDX_CONFIG has a name that the builder itself obeys; choose another name",
      "build.args.DOCKER_HOST has a name that the builder itself obeys; choose another name",
    ].join("\n"),
  );
});
