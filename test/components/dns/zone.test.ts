import fc from "fast-check";
import { renderZone, type Zone } from "../../../components/dns/zone";

const zone: Zone = {
  zone: "shop.test",
  name: "web",
  ttlSeconds: 3,
  servers: { a: "198.51.100.1", b: "198.51.100.2" },
  answer: "answer()",
  state: "state()",
};

const serialOf = (text: string): number => Number(/ SOA \S+ \S+ (\d+) /.exec(text)?.[1]);

test("a zone names its servers, the name and its state", () => {
  const text = renderZone(zone);
  expect(text.split("\n")).toEqual([
    "$ORIGIN shop.test.",
    `@ 3 IN SOA ns-a.shop.test. hostmaster.shop.test. ${serialOf(text)} 3600 600 604800 3`,
    "@ 3600 IN NS ns-a.shop.test.",
    "@ 3600 IN NS ns-b.shop.test.",
    "ns-a 3600 IN A 198.51.100.1",
    "ns-b 3600 IN A 198.51.100.2",
    'web 3 IN LUA A "answer()"',
    '_state.web 0 IN LUA TXT "state()"',
    "",
  ]);
});

const servers = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.ipV4(), { minKeys: 1, maxKeys: 4 });
const zones: fc.Arbitrary<Zone> = fc
  .record({ servers, ttlSeconds: fc.integer({ min: 0, max: 60 }), name: fc.stringMatching(/^[a-z]{1,5}$/) })
  .map((over) => ({ ...zone, ...over }));

test("equal zones are equal texts in every region, whatever order their servers are written in", () => {
  fc.assert(
    fc.property(zones, (one) => {
      const turned = { ...one, servers: Object.fromEntries(Object.entries(one.servers).reverse()) };
      expect(renderZone(turned)).toBe(renderZone(one));
    }),
  );
});

test("different zones have different serials that DNS can hold", () => {
  fc.assert(
    fc.property(zones, zones, (one, other) => {
      const [first, second] = [renderZone(one), renderZone(other)];
      expect(serialOf(first) === serialOf(second)).toBe(first === second);
      expect(serialOf(first)).toBeLessThan(2 ** 32);
    }),
  );
});
