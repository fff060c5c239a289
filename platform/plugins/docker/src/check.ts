/** Checks an image against the files it is to be built from. */
import { stat } from "node:fs/promises";
import * as path from "node:path";

import { contextDigest } from "./context-digest";
import { checkInputs, text, withDefaults, type InputProblem } from "./inputs";
import { isObject, type Properties } from "../../support/properties";

/** The inputs to keep in the state, or what is wrong with them. */
export interface Checked {
  readonly inputs: Properties;
  readonly problems: readonly InputProblem[];
}

/** Fills in defaults and the digest of the build context. Paths start at the working directory. */
export async function checkImage(news: Properties): Promise<Checked> {
  const inputs = withDefaults(news);
  const problems = checkInputs(inputs);
  const build = isObject(inputs["build"]) ? inputs["build"] : {};
  const context = text(build["context"]);
  const dockerfile = text(build["dockerfile"]);
  if (context === undefined || dockerfile === undefined) return { inputs, problems };

  const missing = await missingFiles(context, dockerfile);
  if (missing.length > 0) return { inputs, problems: [...problems, ...missing] };
  return {
    inputs: { ...inputs, build: { ...build, contextDigest: await contextDigest(context, dockerfile) } },
    problems,
  };
}

async function missingFiles(context: string, dockerfile: string): Promise<InputProblem[]> {
  const from = "paths start at the program's working directory";
  if (!(await exists(context))) {
    const reason = `build.context is ${JSON.stringify(context)}; must be a folder that exists (${from})`;
    return [{ property: "build.context", reason }];
  }
  if (await exists(dockerfile)) return [];
  const inContext = path.join(context, dockerfile);
  const hint = (await exists(inContext)) ? `; try ${JSON.stringify(inContext)}` : "";
  const reason = `build.dockerfile is ${JSON.stringify(dockerfile)}; must be a file that exists (${from})${hint}`;
  return [{ property: "build.dockerfile", reason }];
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
