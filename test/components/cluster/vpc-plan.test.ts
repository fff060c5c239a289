import fc from "fast-check";
import { planZones, vpcCidrProblems } from "../../../components/cluster";
import { cidrsOverlap, partOf, sizeOf } from "../../../components/core";

test("a VPC is cut into private quarters and public sixteenths", () => {
  expect(planZones("eu-central-1", "10.16.0.0/16")).toEqual([
    { letter: "a", zone: "eu-central-1a", privateCidr: "10.16.0.0/18", publicCidr: "10.16.192.0/20" },
    { letter: "b", zone: "eu-central-1b", privateCidr: "10.16.64.0/18", publicCidr: "10.16.208.0/20" },
    { letter: "c", zone: "eu-central-1c", privateCidr: "10.16.128.0/18", publicCidr: "10.16.224.0/20" },
  ]);
});

test("in zones of another letter, where a region has no third one", () => {
  const zones = planZones("ca-central-1", "10.0.0.0/20", ["a", "b", "d"]).map(({ zone }) => zone);
  expect(zones).toEqual(["ca-central-1a", "ca-central-1b", "ca-central-1d"]);
});

test("whatever its size, no two subnets share an address and all lie inside", () => {
  const blocks = fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 16, max: 20 }))
    .map(([octet, length]) => `10.${octet}.0.0/${length}`);
  fc.assert(
    fc.property(blocks, (cidr) => {
      expect(vpcCidrProblems(cidr, [])).toEqual([]);
      const subnets = planZones("eu-west-1", cidr).flatMap(({ privateCidr, publicCidr }) => [
        privateCidr,
        publicCidr,
      ]);
      const pairs = subnets.flatMap((one, index) =>
        subnets.slice(index + 1).map((other) => [one, other] as const),
      );
      expect(pairs.filter(([one, other]) => cidrsOverlap(one, other))).toEqual([]);
      expect(subnets.reduce((sum, subnet) => sum + sizeOf(subnet), 0)).toBe((sizeOf(cidr) * 15) / 16);
      // None is outside: each lies in one of the block's sixteenths.
      const sixteenths = Array.from({ length: 16 }, (_, index) => partOf(cidr, 4, index));
      expect(subnets.every((subnet) => sixteenths.some((part) => cidrsOverlap(part, subnet)))).toBe(true);
    }),
  );
});

test.each([
  ["10.16.0.0", 'cidr is "10.16.0.0"'],
  ["10.0.0.0/15", "from /16 to /20"],
  ["10.0.0.0/21", "from /16 to /20"],
])("%s is no block for a VPC", (cidr, told) => {
  const [problem] = vpcCidrProblems(cidr, ["cidr"]);
  expect(`cidr is ${problem?.found ?? ""}; must be ${problem?.allowed ?? ""}`).toContain(told);
});
