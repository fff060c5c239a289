import fc from "fast-check";
import {
  electionMilliseconds,
  type EtcdQuorumConfig,
  leastLeaseSeconds,
  type PlannedVoter,
  type QuorumConfig,
  quorumProblems,
  sentence,
  voterProblems,
} from "../../../components";

const voter = (name: string, over: Partial<PlannedVoter> = {}): PlannedVoter => ({
  name,
  failureDomain: `cluster-${name}`,
  witness: false,
  path: ["regions", name, "cluster", "context"],
  ...over,
});
const witness = voter("w", { witness: true, path: ["quorum", "witness", "cluster", "context"] });
const told = (...voters: PlannedVoter[]): string[] => voterProblems(voters, ["quorum"]).map(sentence);

describe("voters", () => {
  test.each([
    [voter("a"), voter("b"), witness],
    [voter("a"), voter("b"), voter("c")],
    ["a", "b", "c", "d", "e", "f", "g"].map((name) => voter(name)),
  ])("an odd number of them is fine", (...voters) => {
    expect(told(...voters)).toEqual([]);
  });

  test.each<[string, PlannedVoter[], string]>([
    ["none", [], "of 0 voters ()$; add quorum.witness"],
    [
      "one",
      [voter("a")],
      "of 1 voter (a)$; one lost voter must leave a majority: add a region and quorum.witness",
    ],
    ["two", [voter("a"), voter("b")], "of 2 voters (a, b)$; add quorum.witness"],
    [
      "four, with a witness",
      [voter("a"), voter("b"), voter("c"), witness],
      "of 4 voters (a, b, c, w)$; leave quorum.witness out, or add a region",
    ],
    [
      "nine",
      "a b c d e f g h i".split(" ").map((name) => voter(name)),
      "of 9 voters (a, b, c, d, e, f, g, h, i)$; more voters decide slower and survive little more",
    ],
  ])("refused: %s", (_, voters, message) => {
    const [found, fix] = message.split("$") as [string, string];
    expect(told(...voters)).toEqual([`quorum is ${found}; must be of an odd number of voters, 3 to 7${fix}`]);
  });

  test("the witness serves no region", () => {
    expect(told(voter("a"), voter("b"), { ...witness, failureDomain: "cluster-b" })).toEqual([
      'quorum.witness.cluster.context is "cluster-b"; must be a cluster that serves no region; ' +
        "region b is there: one failure would take both",
    ]);
  });

  test("no two regions are one failure domain", () => {
    expect(told(voter("a"), voter("b", { failureDomain: "cluster-a" }), witness)).toEqual([
      'regions.b.cluster.context is "cluster-a"; must be a cluster with no other voter; ' +
        "region a is there: one failure would take both",
    ]);
  });

  test("without a word of complaint, any one of them may be lost", () => {
    const voters = fc.uniqueArray(fc.stringMatching(/^[a-j]$/), { maxLength: 10 });
    fc.assert(
      fc.property(voters, (names) => {
        const accepted = told(...names.map((name) => voter(name))).length === 0;
        const survives = names.length - 1 > names.length / 2;
        expect(!accepted || survives).toBe(true);
      }),
    );
  });
});

describe("timing", () => {
  const etcd: EtcdQuorumConfig = { kind: "etcd", storage: { gibibytes: 1 } };
  const problems = (over: Partial<EtcdQuorumConfig>): string[] =>
    quorumProblems({ ...etcd, ...over }, ["quorum"]).map(sentence);

  test("the defaults fit together", () => {
    expect(problems({})).toEqual([]);
  });

  test("a lease outlasts two rounds of an election, a renewal and the fence", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (roundTrip) => {
        const lease = leastLeaseSeconds(roundTrip);
        const needed = lease / 5 + (2 * electionMilliseconds(roundTrip)) / 1000 + 1;
        expect(lease).toBeGreaterThanOrEqual(needed);
        // And not a second longer than that.
        expect(lease - 1).toBeLessThan((lease - 1) / 5 + (2 * electionMilliseconds(roundTrip)) / 1000 + 1);
      }),
    );
  });

  test("a lease that an election would outlast is refused", () => {
    expect(problems({ leaseSeconds: 4 })).toEqual([]);
    expect(problems({ leaseSeconds: 3 })).toEqual([
      "quorum.leaseSeconds is 3; must be at least 4; an election over round trips of 100 ms would outlast a shorter one",
    ]);
    expect(problems({ roundTripMilliseconds: 200 })).toEqual([
      "quorum.leaseSeconds is 5; must be at least 7; an election over round trips of 200 ms would outlast a shorter one",
    ]);
  });

  test("voters and clients have a port each", () => {
    expect(problems({ ports: { client: 30379, peer: 30379 } })).toEqual([
      "quorum.ports.peer is 30379; must be a port of its own, such as 30380; clients come in on 30379",
    ]);
  });

  test("a quorum nobody wrote is refused", () => {
    const consul = { ...etcd, kind: "consul" } as unknown as QuorumConfig;
    expect(() => quorumProblems(consul, ["quorum"])).toThrow(
      'quorum.kind is "consul"; must be one of the kinds this version knows',
    );
  });
});
