import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { useCredentials, withCredentials } from "../src/credentials";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "credentials-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const registry = { server: "", username: "robot", password: "p4ss" };
const imageName = "registry.example:5000/web:1";
const auth = Buffer.from("robot:p4ss").toString("base64");

test("the program's credentials win over the user's helpers and leave the rest", () => {
  const users = {
    credsStore: "desktop",
    credHelpers: { "a.example": "ecr" },
    auths: { "b.example": { auth: "x" } },
  };
  expect(withCredentials(users, "registry.example:5000", "robot", "p4ss")).toEqual({
    credsStore: "desktop",
    credHelpers: { "a.example": "ecr", "registry.example:5000": "" },
    auths: { "b.example": { auth: "x" }, "registry.example:5000": { auth } },
  });
});

test("are handed over by a file that only its owner can read", async () => {
  const users = path.join(folder, "users");
  mkdirSync(path.join(users, "cli-plugins"), { recursive: true });
  writeFileSync(path.join(users, "config.json"), JSON.stringify({ currentContext: "remote" }));
  const target = path.join(folder, "docker");

  const env = await useCredentials({ DOCKER_CONFIG: users, PATH: "/bin" }, registry, imageName, target);

  expect(env).toEqual({ DOCKER_CONFIG: target, PATH: "/bin" });
  expect(statSync(target).mode & 0o777).toBe(0o700);
  expect(statSync(path.join(target, "config.json")).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(path.join(target, "config.json"), "utf8"))).toMatchObject({
    currentContext: "remote",
    auths: { "registry.example:5000": { auth } },
  });
  expect(existsSync(path.join(target, "cli-plugins"))).toBe(true);
});

test("a user without a configuration gets one", async () => {
  const env = await useCredentials(
    { HOME: path.join(folder, "nobody") },
    registry,
    imageName,
    path.join(folder, "d"),
  );
  expect(env["DOCKER_CONFIG"]).toBe(path.join(folder, "d"));
});

test.each([
  { server: "", username: undefined, password: "p4ss" },
  { server: "", username: "robot", password: undefined },
])("half a pair changes nothing: $username", async (half) => {
  const env = { HOME: folder };
  expect(await useCredentials(env, half, imageName, path.join(folder, "d"))).toBe(env);
  expect(existsSync(path.join(folder, "d"))).toBe(false);
});

test("a broken configuration is told by its path", async () => {
  writeFileSync(path.join(folder, "config.json"), "{");
  const file = path.join(folder, "config.json");
  await expect(
    useCredentials({ DOCKER_CONFIG: folder }, registry, imageName, path.join(folder, "d")),
  ).rejects.toThrow(`${file} is not valid JSON; repair it or remove it`);
});
