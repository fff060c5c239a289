/** What the Go Dockerfile needs to know. */
export interface GoBuild {
  /** Image with the Go toolchain. */
  readonly builder: string;
  /** Package of the command, from the context. */
  readonly command: string;
  /** The version the command reports. */
  readonly version: string;
}

/** Values of the Go Dockerfile's arguments. GOOS and GOARCH come from the platform, which BuildKit hands over itself. */
export function goBuildArgs({ builder, command, version }: GoBuild): Record<string, string> {
  return { BUILDER: builder, COMMAND: command, VERSION: version };
}

/** Values of the mirror Dockerfile's arguments. */
export const mirrorBuildArgs = (base: string): Record<string, string> => ({ BASE: base });

/** A platform as image builders write it. */
export const platformOf = (goos: string, goarch: string): string => `${goos}/${goarch}`;
