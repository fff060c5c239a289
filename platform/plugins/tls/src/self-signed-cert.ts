/** `tls.SelfSignedCert`: a certificate that vouches for itself, such as an authority's. */
import type { Kind, Made, Problem } from "../../support/bridged/kind";
import { textOf, type Properties } from "../../support/properties";
import { uncoveredKey } from "./cert-request";
import {
  certificateComputed,
  certificateInputs,
  certificateProblems,
  createCertificate,
  hasSubjectKeyId,
  renewal,
} from "./certificate";
import { algorithmOf, parsePrivateKey, subjectKeyId } from "./keys";
import { alternativeNames, nameInputs, subjectOf } from "./names";

/** The official resource's inputs and outputs. */
export const selfSignedCert: Kind = {
  type: "tls:index/selfSignedCert:SelfSignedCert",
  schemaVersion: 0,
  inputs: {
    privateKeyPem: { type: "text", required: true, secret: true },
    ...certificateInputs,
    ...nameInputs,
    setAuthorityKeyId: { type: "flag", default: false },
  },
  uncovered: uncoveredKey("privateKeyPem"),
  computed: { ...certificateComputed, keyAlgorithm: "open" },
  ...renewal,
  problems: (inputs) => [...certificateProblems(inputs), ...keyIdProblems(inputs)],
  create: (inputs): Made => {
    const key = parsePrivateKey(textOf(inputs["privateKeyPem"]), "privateKeyPem");
    const subject = subjectOf(inputs);
    const { id, computed } = createCertificate(inputs, {
      subject,
      subjectKey: key,
      issuer: subject,
      issuerKey: key,
      issuerKeyId: inputs["setAuthorityKeyId"] === true ? subjectKeyId(key) : undefined,
      names: alternativeNames(inputs, subject),
    });
    return { id, computed: { ...computed, keyAlgorithm: algorithmOf(key) } };
  },
};

function keyIdProblems(inputs: Properties): Problem[] {
  if (inputs["setAuthorityKeyId"] !== true || hasSubjectKeyId(inputs)) return [];
  const reason = "setAuthorityKeyId is true; must be false unless setSubjectKeyId or isCaCertificate is true";
  return [{ property: "setAuthorityKeyId", reason }];
}
