import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { AddressTarget, DnsPolicy } from "../../../components/dns";
import type { PowerDns } from "../../../components/dns/powerdns-config";
import { answered, type TargetState, targetStates } from "./answer-rule";
import { PdnsServer, powerDnsRoot } from "./pdns-server";

/** With the real server: `TWINSTACK_POWERDNS_ROOT=/ npx jest test/components/dns`. */
const withServer =
  powerDnsRoot === undefined
    ? describe.skip.bind(undefined, "needs PowerDNS: name where it is in TWINSTACK_POWERDNS_ROOT")
    : describe.bind(undefined, "a real server");

/** A region's router, as far as DNS sees it, on an address of its own. */
class FakeRegion {
  private server: Server | undefined;
  private port = 0;

  constructor(
    readonly name: string,
    readonly address: string,
  ) {}

  /** Takes a port and keeps it, so that an unreached region refuses connections. */
  async become(state: TargetState): Promise<void> {
    await this.leave();
    this.server = createServer((_, response) => {
      response.writeHead(state === "healthy" ? 200 : 503).end(`{"region":"${this.name}"}`);
    }).listen(this.port, this.address);
    await once(this.server, "listening");
    const address = this.server.address();
    if (typeof address === "object" && address !== null) this.port = address.port;
    if (state === "unreached") await this.leave();
  }

  async leave(): Promise<void> {
    if (this.server?.listening !== true) return;
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  get target(): AddressTarget {
    const { name, address } = this;
    return { kind: "address", name, address, healthUrl: `http://${address}:${this.port}/region-health` };
  }
}

const description = (policy: DnsPolicy, regions: readonly FakeRegion[]): PowerDns => ({
  config: { zone: "shop.test", name: "web", policy, ttlSeconds: 3, rtoSeconds: 15 },
  targets: regions.map(({ target }) => target),
  servers: { a: "198.51.100.1", b: "198.51.100.2" },
});

/** Polls a server until a name has these addresses. */
async function answers(server: PdnsServer, expected: readonly string[]): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const found = await server.ask("web.shop.test", "A");
    if (found.join() === expected.join()) return;
    if (Date.now() > deadline) expect(found).toEqual(expected);
    await sleep(100);
  }
}

/** Servers that run side by side. */
const atOnce = 3;

/** Every state of two regions, under both policies. */
const cases = (["active-active", "failover"] as const).flatMap((policy) =>
  targetStates.flatMap((a) => targetStates.map((b) => ({ policy, states: [a, b] as const }))),
);

withServer(() => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function started(policy: DnsPolicy, states: readonly TargetState[], subnet: number) {
    const regions = states.map((_, at) => new FakeRegion("abc".charAt(at), `127.77.${subnet}.${at + 1}`));
    for (const [at, region] of regions.entries()) {
      await region.become(states[at] ?? "unreached");
      ends.push(() => region.leave());
    }
    const server = await PdnsServer.start(description(policy, regions));
    ends.push(() => server.stop());
    const stop = async (): Promise<void> => {
      await server.stop();
      for (const region of regions) await region.leave();
    };
    return { server, regions, stop };
  }

  async function begin({ policy, states }: (typeof cases)[number], at: number) {
    const { server, stop } = await started(policy, states, at + 1);
    await server.passes("started.sh");
    const first = await server.ask("web.shop.test", "A");
    const state = await server.ask("_state.web.shop.test", "TXT");
    await stop();
    return { policy, states, first, state };
  }

  test("gives a right first answer, whatever state the regions are in", async () => {
    const found = [];
    // A few at a time: on a machine kept busy by the servers themselves, healthy regions would be too slow to count.
    for (let first = 0; first < cases.length; first += atOnce) {
      found.push(
        ...(await Promise.all(cases.slice(first, first + atOnce).map((each, at) => begin(each, first + at)))),
      );
    }
    expect(found).toEqual(
      cases.map(({ policy, states: [a, b] }, at) => ({
        policy,
        states: [a, b],
        first: answered(policy, [a, b]).map((index) => `127.77.${at + 1}.${index + 1}`),
        state: [`"settled a=${a} b=${b}"`],
      })),
    );
  }, 120_000);

  test("follows regions out of service and back", async () => {
    const { server, regions } = await started("active-active", ["healthy", "healthy"], 100);
    const [a, b] = regions;
    await server.passes("started.sh");
    await answers(server, ["127.77.100.1", "127.77.100.2"]);
    await a?.become("refusing");
    await answers(server, ["127.77.100.2"]);
    await b?.become("unreached");
    await answers(server, ["127.77.100.2"]);
    await a?.become("healthy");
    await answers(server, ["127.77.100.1"]);
    await b?.become("healthy");
    await answers(server, ["127.77.100.1", "127.77.100.2"]);
    await server.passes("ready.sh");
  }, 120_000);
});
