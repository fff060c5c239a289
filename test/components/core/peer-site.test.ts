import { hostAliases, namespaceAndSites, type Network } from "../../../components/core";

test("names of one address share a line, in the order of their first address", () => {
  expect(
    hostAliases([
      { name: "quorum-b", address: "198.51.100.11" },
      { name: "quorum-a", address: "198.51.100.10" },
      { name: "database-b-0", address: "198.51.100.11" },
    ]),
  ).toEqual([
    { ip: "198.51.100.11", hostnames: ["quorum-b", "database-b-0"] },
    { ip: "198.51.100.10", hostnames: ["quorum-a"] },
  ]);
});

test("the own namespace, and every site's pods and nodes", () => {
  const network = (index: number): Network => ({
    address: `198.51.100.${index}`,
    podCidr: `10.${index}.0.0/17`,
    serviceCidr: `10.${index}.128.0/17`,
  });
  expect(namespaceAndSites([network(1), network(2)])).toEqual([
    { podSelector: {} },
    { ipBlock: { cidr: "198.51.100.1/32" } },
    { ipBlock: { cidr: "10.1.0.0/17" } },
    { ipBlock: { cidr: "198.51.100.2/32" } },
    { ipBlock: { cidr: "10.2.0.0/17" } },
  ]);
});
