/** Whom a certificate names: its subject, and the names and addresses it answers to. */
import { isIP } from "node:net";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  AttributeTypeAndValue,
  AttributeValue,
  Extension,
  GeneralName,
  id_ce_subjectAltName,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
} from "@peculiar/asn1-x509";

import type { Input } from "../../support/bridged/kind";
import { isObject, textOf, textsOf, type Properties } from "../../support/properties";
import { extension } from "./extensions";

/** The parts of a subject, in the order in which Go writes them. */
const subjectParts = {
  country: "2.5.4.6",
  organization: "2.5.4.10",
  organizationalUnit: "2.5.4.11",
  locality: "2.5.4.7",
  province: "2.5.4.8",
  streetAddresses: "2.5.4.9",
  postalCode: "2.5.4.17",
  commonName: "2.5.4.3",
  serialNumber: "2.5.4.5",
  emailAddress: "1.2.840.113549.1.9.1",
} as const;

/** Inputs that name somebody, the same for requests and self-signed certificates. */
export const nameInputs: Readonly<Record<string, Input>> = {
  subject: {
    type: "object",
    members: {
      ...(Object.fromEntries(Object.keys(subjectParts).map((name) => [name, "text"])) as Record<
        string,
        "text"
      >),
      streetAddresses: "texts",
    },
  },
  dnsNames: { type: "texts" },
  ipAddresses: {
    type: "texts",
    allowed: (value) => (textsOf(value).every((text) => isIP(text) !== 0) ? undefined : "IP addresses"),
  },
  uris: {
    type: "texts",
    allowed: (value) => (textsOf(value).every((text) => URL.canParse(text)) ? undefined : "URIs"),
  },
};

/** A subject; it may be empty. */
export function subjectOf({ subject }: Properties): Name {
  const given = isObject(subject) ? subject : {};
  const parts = Object.entries(subjectParts).flatMap(([name, type]) => {
    const value = given[name];
    const items = Array.isArray(value) ? value : value === undefined || value === "" ? [] : [value];
    if (items.length === 0) return [];
    // More than one street is one part with several values.
    return [new RelativeDistinguishedName(items.map((item) => attribute(type, textOf(item))))];
  });
  return new Name(parts);
}

/** The extension that holds names and addresses; none where there are none. */
export function alternativeNames(inputs: Properties, subject: Name): Extension[] {
  const names = [
    ...textsOf(inputs["dnsNames"]).map((dNSName) => new GeneralName({ dNSName })),
    ...textsOf(inputs["ipAddresses"]).map((iPAddress) => new GeneralName({ iPAddress })),
    ...textsOf(inputs["uris"]).map(
      (uniformResourceIdentifier) => new GeneralName({ uniformResourceIdentifier }),
    ),
  ];
  if (names.length === 0) return [];
  // Nothing else names somebody without a subject.
  const critical = subject.length === 0;
  return [extension(id_ce_subjectAltName, AsnConvert.serialize(new SubjectAlternativeName(names)), critical)];
}

function attribute(type: string, value: string): AttributeTypeAndValue {
  return new AttributeTypeAndValue({ type, value: new AttributeValue(encoded(type, value)) });
}

function encoded(type: string, value: string): Partial<AttributeValue> {
  if (type === subjectParts.emailAddress) return { ia5String: value };
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value) ? { printableString: value } : { utf8String: value };
}
