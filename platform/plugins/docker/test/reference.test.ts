import { credentialKey, parseImageName } from "../src/reference";

test.each([
  ["198.18.0.1:5000/twinstack/web:1", "198.18.0.1:5000", "198.18.0.1:5000/twinstack/web"],
  ["localhost/web", "localhost", "localhost/web"],
  ["docker.io/library/web", "docker.io", "docker.io/library/web"],
  ["[::1]:5000/web:1", "[::1]:5000", "[::1]:5000/web"],
  [
    `registry.example/a/b__c/d-e:1@sha256:${"0".repeat(64)}`,
    "registry.example",
    "registry.example/a/b__c/d-e",
  ],
])("%s is pushed to %s", (name, registry, repository) => {
  expect(parseImageName(name)).toEqual({ registry, repository });
});

test.each([
  "web",
  "web:1",
  "team/web",
  "docker.io/web",
  "index.docker.io/team/web",
  "registry.example/Web",
  "a.b/c:",
  "",
])("%j leaves its registry open or is no name", (name) => {
  expect(parseImageName(name)).toBeUndefined();
});

test.each([
  ["docker.io", "https://index.docker.io/v1/"],
  ["https://index.docker.io/v1/", "https://index.docker.io/v1/"],
  ["https://registry.example/v2/", "registry.example"],
  ["registry.example:5000", "registry.example:5000"],
])("credentials of %s are kept under %s", (server, key) => {
  expect(credentialKey(server)).toBe(key);
});
