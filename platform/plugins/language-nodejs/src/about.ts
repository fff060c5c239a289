import { createRequire } from "node:module";
import path from "node:path";

import { AboutResponse } from "@pulumi/pulumi/proto/language_pb";

import { findOnPath, npmVersion } from "./npm";
import type { Info } from "./run";

/** What `pulumi about` shows of this host. The engine also asks before every update, so nothing is started for it. */
export function about(info: Info): AboutResponse {
  const isNpm = info.options.packagemanager === "auto" || info.options.packagemanager === "npm";
  const response = new AboutResponse()
    .setExecutable(findOnPath("node") ?? process.execPath)
    .setVersion(process.version);
  response
    .getMetadataMap()
    .set("packagemanager", isNpm ? "npm" : info.options.packagemanager)
    .set("packagemanagerVersion", isNpm ? npmVersion() : "");
  const typescript = typescriptVersion(info.programDirectory);
  if (typescript !== undefined) {
    response.getMetadataMap().set("typescriptVersion", typescript);
  }
  return response;
}

/** The TypeScript that the program would load; it need not be the one on PATH. */
function typescriptVersion(programDirectory: string): string | undefined {
  const requireFromProgram = createRequire(path.join(programDirectory, "index.js"));
  try {
    return (requireFromProgram("typescript/package.json") as { version: string }).version;
  } catch {
    // A program in JavaScript has none.
    return undefined;
  }
}
