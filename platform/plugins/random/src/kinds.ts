import type { Kind } from "../../support/bridged/kind";
import { randomId } from "./random-id";
import { randomPassword, randomString } from "./random-string";

/** Every resource this provider has. */
export const kinds: readonly Kind[] = [randomPassword, randomString, randomId];
