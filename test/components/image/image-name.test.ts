import fc from "fast-check";
import {
  hasDigest,
  imageProblems,
  registryOf,
  repositoryProblems,
  tagIn,
  tagOf,
  versionProblems,
} from "../../../components/image";
import { sentence } from "../../../components/core";

const digest = `sha256:${"a".repeat(64)}`;

describe("a repository to push to", () => {
  test.each([
    "registry.example:5000/team/web",
    "198.18.0.1:5000/twinstack/web",
    "localhost/web",
    "build:5000/web",
  ])("%s is taken", (repository) => {
    expect(repositoryProblems(repository, ["repository"])).toEqual([]);
  });

  test.each([
    "web",
    "team/web",
    "registry.example/web:1",
    "registry.example/web@sha256:abc",
    "registry.example/Web",
    "",
  ])("%j is refused", (repository) => {
    expect(repositoryProblems(repository, ["regions", "a", "repository"]).map(sentence)).toEqual([
      `regions.a.repository is ${JSON.stringify(repository)}; must be a registry and a path without tag or digest, ` +
        "such as registry.example:5000/team/web",
    ]);
  });
});

describe("an image to pull", () => {
  test.each([
    "nginx",
    "nginx:1.30",
    "library/nginx:1.30",
    "198.18.0.1:5000/base/go:trixie",
    `nginx@${digest}`,
  ])("%s is taken", (image) => {
    expect(imageProblems(image, ["image"])).toEqual([]);
  });

  test.each(["", "Nginx", "nginx:", "nginx:a b", "nginx@sha256:abc", "https://registry.example/nginx"])(
    "%j is refused",
    (image) => {
      expect(imageProblems(image, ["image"]).map(sentence)).toEqual([
        `image is ${JSON.stringify(image)}; must be an image name, such as nginx:1.30 or registry.example:5000/team/nginx:1.30`,
      ]);
    },
  );
});

test.each([
  ["nginx:1.30", false, "1.30"],
  ["nginx", false, "latest"],
  ["registry.example:5000/nginx", false, "latest"],
  ["registry.example:5000/nginx:sid", false, "sid"],
  [`registry.example:5000/nginx:sid@${digest}`, true, undefined],
])("%s: digest %s, tag %s", (image, isDigest, tag) => {
  expect(hasDigest(image)).toBe(isDigest);
  if (tag !== undefined) expect(tagIn(image)).toBe(tag);
});

test("a version that is taken makes a tag that can be pushed", () => {
  const characters = fc.constantFrom(...Array.from("abzAZ019.+-_"));
  fc.assert(
    fc.property(fc.string({ unit: characters, minLength: 1, maxLength: 130 }), (version) => {
      fc.pre(versionProblems(version, ["version"]).length === 0);
      expect(imageProblems(`registry.example/web:${tagOf(version)}`, ["image"])).toEqual([]);
    }),
  );
});

test.each(["", "1.0 beta", "-1", "a".repeat(129), '1"'])("version %j is refused", (version) => {
  expect(versionProblems(version, ["version"])).toHaveLength(1);
});

test("a registry keeps its port", () => {
  expect(registryOf("registry.example:5000/team/web")).toBe("registry.example:5000");
});
