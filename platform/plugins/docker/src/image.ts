/** The life of one `docker.Image`: create and update build it, read and delete leave everything as it is. */
import { buildImage } from "./build";
import type { Environment } from "./builder";
import type { EngineLog } from "./engine-log";
import { canBuildNow, toBuildPlan } from "./inputs";
import { hasUnknowns, type Properties } from "../../support/properties";
import { inClear, keepSecrets, masked, secret, secretTexts } from "../../support/secrets";

/** What an operation works with. */
export interface Operation {
  readonly urn: string;

  /** Checked inputs, secrets marked. */
  readonly inputs: Properties;
  readonly preview: boolean;
  readonly env: Environment;
  readonly log: EngineLog;

  /** Aborting it ends the operation. */
  readonly signal: AbortSignal;
}

/** The state after a build; in a preview that doesn't build, the inputs: what a build adds is unknown then. */
export async function build(operation: Operation): Promise<Properties> {
  const { urn, preview, log } = operation;
  const inputs = inClear(operation.inputs);
  const secrets = secretTexts(operation.inputs);
  const show = (text: string): void => {
    log.status(urn, masked(text, secrets));
  };
  try {
    if (preview && !buildsInPreview(urn, inputs, log)) return operation.inputs;
    const outputs = await buildImage(toBuildPlan(inputs), { ...operation, show });
    return { ...keepSecrets(outputs, operation.inputs), __inputs: secret(inputs) };
  } catch (error) {
    throw new Error(masked(error instanceof Error ? error.message : String(error), secrets), {
      cause: error,
    });
  } finally {
    await log.flush();
  }
}

function buildsInPreview(urn: string, inputs: Properties, log: EngineLog): boolean {
  const wish = inputs["buildOnPreview"];
  if (wish !== true && !hasUnknowns(wish)) return false;
  if (wish === true && canBuildNow(inputs)) return true;
  log.warning(
    urn,
    "no build in this preview: buildOnPreview, imageName, build.context, build.dockerfile and build.args must be known",
  );
  return false;
}
