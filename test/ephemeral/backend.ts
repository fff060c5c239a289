import { readdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where Pulumi keeps files by the names of stacks. */
function folders({ PULUMI_BACKEND_URL: url = "", PULUMI_HOME: home = "" }: NodeJS.ProcessEnv): string[] {
  // A backend that is no folder keeps nothing here.
  const backend = url.startsWith("file:///") ? [join(fileURLToPath(url), ".pulumi")] : [];
  return [...backend, join(home === "" ? join(homedir(), ".pulumi") : home, "logs")];
}

/** Pulumi's own files that are there because of a run: states, locks, backups, histories, logs. */
export function pulumiFiles(id: string, env: NodeJS.ProcessEnv = process.env): string[] {
  return folders(env).flatMap((folder) =>
    entriesOf(folder)
      .filter((path) => path.includes(id))
      .map((path) => join(folder, path)),
  );
}

/** Removes them: Pulumi leaves most of them of a stack that it has removed. */
export function removePulumiFiles(id: string, env?: NodeJS.ProcessEnv): void {
  for (const path of pulumiFiles(id, env)) rmSync(path, { recursive: true, force: true });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return []; // nothing was ever kept there
  }
}
