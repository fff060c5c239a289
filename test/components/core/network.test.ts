import fc from "fast-check";
import {
  addressAt,
  addressProblems,
  cidrProblems,
  cidrsOverlap,
  type Network,
  networkProblems,
  type NetworkOfSite,
  partOf,
  sentence,
} from "../../../components/core";

const network = (index: number): Network => ({
  address: `198.51.100.${index}`,
  podCidr: `10.${index}.0.0/17`,
  serviceCidr: `10.${index}.128.0/17`,
});

const sites = (...networks: Network[]): NetworkOfSite[] =>
  networks.map((each, index) => {
    const name = "abcdef".charAt(index);
    return { name, path: ["regions", name, "network"], network: each };
  });

const told = (...networks: Network[]): string[] => networkProblems(sites(...networks)).map(sentence);

test.each(["198.51.100.7", "0.0.0.0", "255.255.255.255"])("%s is an address", (text) => {
  expect(addressProblems(text, [])).toEqual([]);
});

test.each([
  "",
  "198.51.100",
  "198.51.100.256",
  "198.51.100.07",
  "198.51.100.7/32",
  "::1",
  " 10.0.0.1",
  "a.example",
])("%j is no address", (text) => {
  expect(addressProblems(text, ["address"]).map(sentence)).toEqual([
    `address is ${JSON.stringify(text)}; must be an IPv4 address, such as 192.0.2.10`,
  ]);
});

test.each(["10.0.0.0/8", "198.51.100.7/32", "128.0.0.0/1", "198.19.32.0/20"])("%s is a block", (text) => {
  expect(cidrProblems(text, [])).toEqual([]);
});

test.each(["10.0.0.0", "10.0.0.0/0", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.1/8", "198.19.8.0/20", "::/64"])(
  "%j is no block",
  (text) => {
    expect(cidrProblems(text, ["podCidr"]).map(sentence)).toEqual([
      `podCidr is ${JSON.stringify(text)}; must be an IPv4 block that starts at its first address, such as 10.1.0.0/16`,
    ]);
  },
);

test("sites with addresses of their own are fine", () => {
  expect(told(network(1), network(2), network(3))).toEqual([]);
});

test("a node may be addressed like its own pods", () => {
  expect(told({ ...network(1), address: "10.1.0.9" }, network(2))).toEqual([]);
});

const end = "and packets for the one would end at the other";

test.each<[string, Partial<Network>, string]>([
  [
    "a block inside another site's",
    { podCidr: "10.1.64.0/20" },
    'regions.b.network.podCidr is "10.1.64.0/20"; must be apart from every other address that sites use; ' +
      `podCidr of a is 10.1.0.0/17, ${end}`,
  ],
  [
    "a block around another site's",
    { serviceCidr: "10.0.0.0/14", podCidr: "10.8.0.0/17" },
    'regions.b.network.serviceCidr is "10.0.0.0/14"; must be apart from every other address that sites use; ' +
      `podCidr of a is 10.1.0.0/17, ${end}`,
  ],
  [
    "a site's own two blocks",
    { serviceCidr: "10.2.64.0/18" },
    'regions.b.network.serviceCidr is "10.2.64.0/18"; must be apart from every other address that sites use; ' +
      `podCidr of b is 10.2.0.0/17, ${end}`,
  ],
  [
    "an address in another site's block",
    { address: "10.1.200.1" },
    'regions.b.network.address is "10.1.200.1"; must be apart from every other address that sites use; ' +
      `serviceCidr of a is 10.1.128.0/17, ${end}`,
  ],
  [
    "an address twice",
    { address: "198.51.100.1" },
    'regions.b.network.address is "198.51.100.1"; must be apart from every other address that sites use; ' +
      `address of a is 198.51.100.1, ${end}`,
  ],
])("refused: %s", (_, over, message) => {
  expect(told(network(1), { ...network(2), ...over })).toEqual([message]);
});

test("what has no form is told by itself, and nothing is concluded from it", () => {
  expect(told(network(1), { address: "node", podCidr: "10.1.0.0", serviceCidr: "10.9.0.0/16" })).toEqual([
    'regions.b.network.address is "node"; must be an IPv4 address, such as 192.0.2.10',
    'regions.b.network.podCidr is "10.1.0.0"; must be an IPv4 block that starts at its first address, such as 10.1.0.0/16',
  ]);
});

test("two blocks collide exactly where an address is in both", () => {
  // Small numbers, so that every address of a block can be listed.
  const block = fc
    .record({ length: fc.integer({ min: 27, max: 32 }), number: fc.nat(63) })
    .map(({ length, number }) => {
      const size = 2 ** (32 - length);
      const first = number - (number % size);
      return {
        text: `192.0.2.${first}/${length}`,
        all: Array.from({ length: size }, (_, each) => first + each),
      };
    });
  fc.assert(
    fc.property(block, block, (one, other) => {
      const shared = one.all.some((address) => other.all.includes(address));
      const problems = told({ ...network(1), podCidr: one.text }, { ...network(2), podCidr: other.text });
      expect(problems).toHaveLength(shared ? 1 : 0);
    }),
  );
});

test.each([
  ["10.0.0.0/16", 2, 1, "10.0.64.0/18"],
  ["10.0.0.0/16", 0, 0, "10.0.0.0/16"],
  ["192.0.2.0/24", 8, 255, "192.0.2.255/32"],
])("of %s cut into 2^%i, part %i is %s", (cidr, bits, index, part) => {
  expect(partOf(cidr, bits, index)).toBe(part);
});

test.each([
  ["10.0.0.0/16", 2, 4],
  ["192.0.2.0/31", 2, 0],
])("%s cut into 2^%i has no part %i", (cidr, bits, index) => {
  expect(() => partOf(cidr, bits, index)).toThrow(`${cidr} has no part ${index}`);
});

test("an address of a block is counted from its first one", () => {
  expect(addressAt("172.20.0.0/16", 10)).toBe("172.20.0.10");
  expect(addressAt("10.255.255.0/24", 255)).toBe("10.255.255.255");
  expect(() => addressAt("192.0.2.0/30", 4)).toThrow("192.0.2.0/30 has no address 4");
  expect(() => addressAt("192.0.2.0", 0)).toThrow("192.0.2.0 is no block");
});

test("parts of a block do not overlap, and each overlaps the whole", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 15 }), (one, other) => {
      const part = (index: number) => partOf("10.32.0.0/12", 4, index);
      expect(cidrsOverlap(part(one), part(other))).toBe(one === other);
      expect(cidrsOverlap(part(one), "10.32.0.0/12")).toBe(true);
    }),
  );
});
