import { join } from "node:path";
import { type StackSettings, settingsOf } from "../../policies/stack-settings";

/** What this checkout's pack is told for a stack. */
export const settingsIn = (stack: string): StackSettings =>
  settingsOf(join(__dirname, "../../policies/stacks"), stack);
