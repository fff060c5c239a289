/** What to do about failures that BuildKit tells in its own words. */
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /connect to the docker (?:daemon|api)|no builder/i,
    "set BUILDKIT_HOST to the address of a BuildKit (`. platform/env` does), or start Docker",
  ],
  [
    /\b401\b|unauthorized|access denied|authorization failed/i,
    "check registry.username and registry.password of the image, or log in with `docker login`",
  ],
  [
    /server gave HTTP response to HTTPS client/,
    "the registry speaks plain HTTP: name it in buildkitd.toml, with `http = true`",
  ],
];

/** The way out of a failure; undefined when its text says all that is known. */
export function hintFor(failure: string): string | undefined {
  return hints.find(([pattern]) => pattern.test(failure))?.[1];
}
