import type { Kind } from "../../support/bridged/kind";
import { certRequest } from "./cert-request";
import { locallySignedCert } from "./locally-signed-cert";
import { privateKey } from "./private-key";
import { selfSignedCert } from "./self-signed-cert";

/** Every resource this provider has. */
export const kinds: readonly Kind[] = [privateKey, certRequest, selfSignedCert, locallySignedCert];
