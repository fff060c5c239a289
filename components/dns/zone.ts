import { createHash } from "node:crypto";

/** What a zone's text depends on. */
export interface Zone {
  /** The zone, such as `example.com`. */
  readonly zone: string;
  /** The name within the zone that is answered by health. */
  readonly name: string;
  readonly ttlSeconds: number;
  /** Address of each site's DNS server, by the site's name. */
  readonly servers: Readonly<Record<string, string>>;
  /** Lua that gives the addresses the name is answered with. */
  readonly answer: string;
  /** Lua that gives the state of every region, as one line. */
  readonly state: string;
}

/** The name, within the zone, of the record that tells how a name's regions are seen. */
export const stateNameOf = (name: string): string => `_state.${name}`;

/** For how long resolvers may keep where the DNS servers are, which does not change with health. */
const serversTtlSeconds = 3600;

const secondary = { refresh: 3600, retry: 600, expire: 604800 };

/** The text without its first record, which tells its serial. */
function records({ zone, name, ttlSeconds, servers, answer, state }: Zone): string[] {
  const sites = Object.entries(servers).sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    ...sites.map(([site]) => `@ ${serversTtlSeconds} IN NS ns-${site}.${zone}.`),
    ...sites.map(([site, address]) => `ns-${site} ${serversTtlSeconds} IN A ${address}`),
    `${name} ${ttlSeconds} IN LUA A "${answer}"`,
    // Never kept: whoever asks wants to know now.
    `${stateNameOf(name)} 0 IN LUA TXT "${state}"`,
  ];
}

/**
 * The zone's text. Its serial comes from its content, so that equal descriptions give equal text in every region and a
 * changed one is told apart; nobody transfers the zone, so that it need not grow.
 */
export function renderZone(zone: Zone): string {
  const body = records(zone);
  const [first] = Object.keys(zone.servers).sort();
  const soa = (serial: number): string => {
    const { refresh, retry, expire } = secondary;
    // The last number is how long "no such record" is kept: no longer than a real answer.
    const times = [serial, refresh, retry, expire, zone.ttlSeconds].join(" ");
    return `@ ${zone.ttlSeconds} IN SOA ns-${first}.${zone.zone}. hostmaster.${zone.zone}. ${times}`;
  };
  const serial = createHash("sha256")
    .update([soa(0), ...body].join("\n"))
    .digest()
    .readUInt32BE();
  return `$ORIGIN ${zone.zone}.\n${[soa(serial), ...body].join("\n")}\n`;
}
