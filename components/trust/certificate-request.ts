import { isIP } from "node:net";
import { type Problem, show } from "../core";

/** Who somebody is and what for. Any change makes a new certificate. */
export interface CertificateRequest {
  /** Whom it names: `database-a-0`. Up to 64 characters. */
  readonly identity: string;
  /** DNS names it answers to; a client that nobody calls needs none. */
  readonly names: readonly string[];
  /**
   * IP addresses it answers to.
   * @default none
   */
  readonly addresses?: readonly string[] | undefined;
  /**
   * Others may call it.
   * @default false
   */
  readonly server?: boolean | undefined;
  /**
   * It may call others.
   * @default false
   */
  readonly client?: boolean | undefined;
}

/** Longest common name in X.509. */
const longestIdentity = 64;
const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const dnsName = new RegExp(`^(\\*\\.)?${label}(\\.${label})*$`);
const longestDnsName = 253;

/** What is wrong with a request. */
export function certificateProblems(request: CertificateRequest): Problem[] {
  return [...identityProblems(request), ...useProblems(request), ...nameProblems(request)];
}

/** What the certificate may be used for, in X.509's words. */
export const allowedUses = ({ server, client }: CertificateRequest): string[] => [
  "digital_signature",
  ...(server === true ? ["server_auth"] : []),
  ...(client === true ? ["client_auth"] : []),
];

function identityProblems({ identity }: CertificateRequest): Problem[] {
  if (identity.length >= 1 && identity.length <= longestIdentity) return [];
  return [{ path: ["identity"], found: show(identity), allowed: `1 to ${longestIdentity} characters` }];
}

function useProblems({ server, client, names, addresses = [] }: CertificateRequest): Problem[] {
  if (server !== true && client !== true) {
    const [allowed, fix] = ["for a server, a client or both", "set server or client"];
    return [{ path: [], found: "for neither a server nor a client", allowed, fix }];
  }
  if (server !== true || names.length + addresses.length > 0) return [];
  const allowed = "one or more for a server";
  return [
    { path: ["names"], found: "an empty list", allowed, fix: "add a name or an address it is called by" },
  ];
}

function nameProblems({ names, addresses = [] }: CertificateRequest): Problem[] {
  const wrongNames = names.flatMap((name, index): Problem[] =>
    name.length <= longestDnsName && dnsName.test(name)
      ? []
      : [{ path: ["names", index], found: show(name), allowed: "a DNS name in lower case" }],
  );
  const wrongAddresses = addresses.flatMap((address, index): Problem[] =>
    isIP(address) === 0
      ? [{ path: ["addresses", index], found: show(address), allowed: "an IPv4 or IPv6 address" }]
      : [],
  );
  return [...wrongNames, ...wrongAddresses];
}
