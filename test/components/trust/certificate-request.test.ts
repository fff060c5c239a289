import { allowedUses, certificateProblems, type CertificateRequest } from "../../../components/trust";
import { sentence } from "../../../components/core";

const server: CertificateRequest = { identity: "database-a-0", names: ["database-a-0"], server: true };

test.each<[CertificateRequest, string[]]>([
  [server, []],
  [{ identity: "steward-a", names: [], client: true }, []],
  [{ ...server, names: [], addresses: ["192.0.2.1", "2001:db8::1"] }, []],
  [{ ...server, names: ["*.database.twinstack-local.svc"] }, []],
  [{ ...server, identity: "" }, ['identity is ""; must be 1 to 64 characters']],
  [{ ...server, identity: "x".repeat(65) }, [`identity is "${"x".repeat(65)}"; must be 1 to 64 characters`]],
  [
    { identity: "a", names: ["a"] },
    ["it is for neither a server nor a client; must be for a server, a client or both; set server or client"],
  ],
  [
    { ...server, names: [] },
    ["names is an empty list; must be one or more for a server; add a name or an address it is called by"],
  ],
  [
    { ...server, names: ["ok", "Not-OK", "a_b", ""], addresses: ["192.0.2.256"] },
    [
      'names[1] is "Not-OK"; must be a DNS name in lower case',
      'names[2] is "a_b"; must be a DNS name in lower case',
      'names[3] is ""; must be a DNS name in lower case',
      'addresses[0] is "192.0.2.256"; must be an IPv4 or IPv6 address',
    ],
  ],
])("%j", (request, problems) => {
  expect(certificateProblems(request).map(sentence)).toEqual(problems);
});

test.each<[Partial<CertificateRequest>, string[]]>([
  [{ server: true }, ["digital_signature", "server_auth"]],
  [{ client: true }, ["digital_signature", "client_auth"]],
  [{ server: true, client: true }, ["digital_signature", "server_auth", "client_auth"]],
])("for %j a certificate may be used as %j", (uses, expected) => {
  expect(allowedUses({ identity: "a", names: ["a"], ...uses })).toEqual(expected);
});
