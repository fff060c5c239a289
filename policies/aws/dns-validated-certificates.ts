import { unmet } from "../inputs";
import type { ResourceRule } from "../rule";

export const dnsValidatedCertificates: ResourceRule = {
  kind: "resource",
  name: "dns-validated-certificates",
  description: "Certificates of ACM are validated by DNS records.",
  why: "Such a certificate is renewed by itself; a mail to be answered, or a file to be replaced, is missed one day.",
  check: (resource) =>
    resource.type === "aws:acm/certificate:Certificate"
      ? unmet(resource, [{ path: "validationMethod", holds: (method) => method === "DNS", allowed: '"DNS"' }])
      : [],
};
