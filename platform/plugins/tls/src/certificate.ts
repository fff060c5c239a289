/** What self-signed certificates and those of an authority have in common. */
import { randomBytes, type KeyObject } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  Certificate,
  Extension,
  Extensions,
  type Name,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";

import type { Input, Kind, Made, Problem } from "../../support/bridged/kind";
import { textOf, textsOf, type Properties, type Value } from "../../support/properties";
import {
  allUses,
  authorityExtension,
  authorityKeyExtension,
  subjectKeyExtension,
  usageExtensions,
} from "./extensions";
import { publicKeyInfo, signatureAlgorithm, signed, subjectKeyId } from "./keys";
import { toPem } from "./pem";

const millisecondsPerHour = 3_600_000;
const hours = (value: Value): string | undefined => (Number(value) >= 0 ? undefined : "0 or more");
const off: Input = { type: "flag", default: false };

/** Inputs of every certificate. */
export const certificateInputs: Readonly<Record<string, Input>> = {
  validityPeriodHours: { type: "whole", required: true, allowed: hours },
  allowedUses: {
    type: "texts",
    required: true,
    allowed: (value) =>
      textsOf(value).every((use) => allUses.includes(use)) ? undefined : `a list of ${allUses.join(", ")}`,
  },
  earlyRenewalHours: { type: "whole", default: 0, inPlace: true, allowed: hours },
  isCaCertificate: off,
  maxPathLength: {
    type: "whole",
    sticky: true,
    allowed: (value) => (Number(value) >= -1 ? undefined : "-1 (no limit) or more"),
  },
  setSubjectKeyId: off,
};

/** How a certificate ends: with its time, or with the hours before it that its renewal may take. */
export const renewal: Required<Pick<Kind, "update" | "refresh" | "outdated">> = {
  update: (inputs) => ({
    readyForRenewal: Number(inputs["earlyRenewalHours"]) >= Number(inputs["validityPeriodHours"]),
  }),
  refresh: (state) => (isReadyForRenewal(state) ? { readyForRenewal: true } : {}),
  outdated: (state) => (isReadyForRenewal(state) ? "readyForRenewal" : undefined),
};

/** What of a certificate only the provider can fill in. */
export const certificateComputed = {
  certPem: "open",
  readyForRenewal: "open",
  validityEndTime: "open",
  validityStartTime: "open",
} as const;

/** What is wrong between the inputs of a certificate. */
export function certificateProblems({ isCaCertificate, maxPathLength }: Properties): Problem[] {
  if (isCaCertificate === true || maxPathLength === undefined || Number(maxPathLength) <= 0) return [];
  const reason = `maxPathLength is ${JSON.stringify(maxPathLength)}; must be left out unless isCaCertificate is true`;
  return [{ property: "maxPathLength", reason }];
}

/** Who signs whose certificate. */
export interface Signing {
  readonly subject: Name;
  readonly subjectKey: KeyObject;
  readonly issuer: Name;
  readonly issuerKey: KeyObject;
  /** What the issuer's key is recognized by, where that is told. */
  readonly issuerKeyId: Buffer | undefined;
  /** Whom the certificate names beside its subject. */
  readonly names: readonly Extension[];
}

/** Signs a certificate that holds from now on. Its serial number is the id. */
export function createCertificate(inputs: Properties, signing: Signing): Made {
  const serial = newSerial();
  const start = new Date();
  const end = new Date(start.getTime() + Number(inputs["validityPeriodHours"]) * millisecondsPerHour);
  const body = new TBSCertificate({
    version: Version.v3,
    serialNumber: new Uint8Array(serial).buffer,
    signature: signatureAlgorithm(signing.issuerKey),
    issuer: signing.issuer,
    validity: new Validity({ notBefore: start, notAfter: end }),
    subject: signing.subject,
    subjectPublicKeyInfo: publicKeyInfo(signing.subjectKey),
    extensions: new Extensions(extensionsOf(inputs, signing)),
  });
  const certificate = new Certificate({
    tbsCertificate: body,
    signatureAlgorithm: body.signature,
    signatureValue: signed(AsnConvert.serialize(body), signing.issuerKey),
  });
  return {
    id: BigInt(`0x${serial.toString("hex")}`).toString(),
    computed: {
      certPem: toPem("CERTIFICATE", AsnConvert.serialize(certificate)),
      validityStartTime: start.toISOString(),
      validityEndTime: end.toISOString(),
      ...renewal.update(inputs),
    },
  };
}

/** 126 random bits. The two highest say that the number is positive and of full length, since DER allows no padding. */
function newSerial(): Buffer {
  const serial = randomBytes(16);
  serial.writeUInt8((serial.readUInt8(0) & 0x3f) | 0x40, 0);
  return serial;
}

function extensionsOf(inputs: Properties, { subject, subjectKey, issuerKeyId, names }: Signing): Extension[] {
  const isAuthority = inputs["isCaCertificate"] === true;
  if (isAuthority && subject.length === 0) {
    throw new Error("the subject is empty; must have at least one part where isCaCertificate is true");
  }
  const maxPathLength = inputs["maxPathLength"];
  return [
    ...usageExtensions(textsOf(inputs["allowedUses"])),
    authorityExtension(isAuthority, typeof maxPathLength === "number" ? maxPathLength : undefined),
    ...(hasSubjectKeyId(inputs) ? [subjectKeyExtension(subjectKeyId(subjectKey))] : []),
    ...(issuerKeyId === undefined ? [] : [authorityKeyExtension(issuerKeyId)]),
    ...names,
  ];
}

/** Whether a certificate tells what its key is recognized by; an authority's always does. */
export function hasSubjectKeyId(inputs: Properties): boolean {
  return inputs["isCaCertificate"] === true || inputs["setSubjectKeyId"] === true;
}

function isReadyForRenewal({ validityEndTime, earlyRenewalHours }: Properties): boolean {
  const end = Date.parse(textOf(validityEndTime));
  return end - Number(earlyRenewalHours) * millisecondsPerHour <= Date.now();
}
